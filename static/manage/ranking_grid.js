// The ranking grid works without this: here are more rows, moving by keys, and pasting cells.
const rows = document.getElementById("grid-rows");
if (rows) {
  const count = document.getElementById("id_rows");
  const copy = document.getElementById("grid-row");
  const button = document.getElementById("add-row");
  const status = document.getElementById("paste-status");
  const MAX_ROWS = Number(button.dataset.maxRows);

  const inputsOf = (row) => [...row.querySelectorAll("input")];

  function addRow() {
    const number = rows.rows.length + 1;
    if (number > MAX_ROWS) return null;
    const row = copy.content.firstElementChild.cloneNode(true);
    row.querySelector("th").textContent = number;
    for (const input of inputsOf(row)) {
      for (const { name, value } of [...input.attributes]) {
        input.setAttribute(name, value.replaceAll("__row__", number));
      }
    }
    rows.append(row);
    count.value = number;
    button.hidden = number >= MAX_ROWS;
    return row;
  }

  function place(input) {
    const row = input.closest("tr");
    return { row: [...rows.rows].indexOf(row), column: inputsOf(row).indexOf(input) };
  }

  function focusCell(row, column) {
    const input = rows.rows[row] && inputsOf(rows.rows[row])[column];
    if (input) {
      input.focus();
      input.select();
    }
  }

  button.hidden = rows.rows.length >= MAX_ROWS;
  button.addEventListener("click", () => {
    const row = addRow();
    if (row) inputsOf(row)[0].focus();
  });

  rows.addEventListener("keydown", (event) => {
    // While a syllable is being composed, these keys belong to the input method.
    if (event.isComposing || !event.target.matches("input")) return;
    const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const { row, column } = place(event.target);
    focusCell(row + step, column);
  });

  // A cell that holds a line break or a quotation mark comes in quotation marks.
  function parseCells(text) {
    const lines = [[]];
    for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n|$)/g)) {
      const value = match[1]?.replaceAll('""', '"') ?? match[2];
      lines.at(-1).push(value.replace(/\s*\n\s*/g, " ").trim());
      if (match[3] === "") break;
      if (match[3] === "\n") lines.push([]);
    }
    return lines;
  }

  rows.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!/[\t\n]/.test(text) || !event.target.matches("input")) return;
    event.preventDefault();
    const { row, column } = place(event.target);
    const lost = new Set();
    parseCells(text).forEach((values, down) => {
      const target = rows.rows[row + down] || addRow();
      const inputs = target ? inputsOf(target) : [];
      values.forEach((value, right) => {
        const input = inputs[column + right];
        if (input) input.value = value;
        else if (value) lost.add(target ? "lostColumns" : "lostRows");
      });
    });
    status.textContent = [...lost].map((reason) => status.dataset[reason]).join(" ");
    rows.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// After a refused save the focus goes to what has to be mended.
document.querySelector(".grid-faults a")?.focus();
