"use strict";
const marts = [...document.querySelectorAll(".mart")];
const texts = marts.map((mart) => mart.textContent.toLowerCase());
const found = document.getElementById("found");
document.getElementById("search").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  marts.forEach((mart, position) => {
    mart.hidden = !words.every((word) => texts[position].includes(word));
    shown += mart.hidden ? 0 : 1;
    for (const row of mart.querySelectorAll("tbody tr")) {
      const line = row.textContent.toLowerCase();
      row.hidden = words.length > 0 && !words.some((word) => line.includes(word)) &&
        [...mart.querySelectorAll("tbody tr")].some((other) =>
          words.some((word) => other.textContent.toLowerCase().includes(word)));
    }
  });
  found.textContent = `${shown} of ${marts.length} marts`;
});
