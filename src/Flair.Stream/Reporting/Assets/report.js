// A click on a table's heading sorts by that column: numbers from large to small first, names from A to Z first.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.addEventListener("click", () => {
    const text = head.dataset.kind === "text";
    const down = head.ariaSort === null ? !text : head.ariaSort === "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.ariaSort = down ? "descending" : "ascending";
    const key = row => text ? row.cells[column].textContent : Number(row.cells[column].dataset.value);
    const compare = (a, b) => text ? key(a).localeCompare(key(b)) : key(a) - key(b);
    const rows = [...table.tBodies[0].rows].sort((a, b) => down ? compare(b, a) : compare(a, b));
    table.tBodies[0].append(...rows);
  }));
}
