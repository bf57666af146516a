/** Makes the headings of tables sort them. Without scripts the page lacks nothing but this. */
export const SORT_SCRIPT = `for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, i) => row.cells[i].dataset.v ?? row.cells[i].textContent;
  heads.forEach((head, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const x = value(a, i), y = value(b, i);
        const order = x !== '' && y !== '' && !isNaN(x) && !isNaN(y) ? x - y : x < y ? -1 : x > y ? 1 : 0;
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}`;

/** The script's hash for the page's content security policy (sha256, base64): nothing else on the page may run. */
export const SORT_SCRIPT_HASH = 'RwKd3MPpAqkeimb1pHxUR41cdSVxBFRmtfUNC4mNeWs=';
