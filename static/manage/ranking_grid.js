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
    addHandles(row);
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
    if (event.isComposing || event.altKey || !event.target.matches("input")) return;
    const step = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const { row, column } = place(event.target);
    focusCell(row + step, column);
  });

  // Within its period a name changes places with its neighbour; the ranks stay where they are.
  const groupOf = (cell) => {
    const cells = [...cell.closest("tr").cells];
    let start = cells.indexOf(cell.closest("td"));
    while (!cells[start].classList.contains("group")) start -= 1;
    let end = start + 1;
    while (end < cells.length && !cells[end].classList.contains("group")) end += 1;
    return { start, end, row: cell.closest("tr") };
  };

  const movedInputs = ({ start, end }, row) =>
    [...row.cells].slice(start, end).map((cell) => cell.querySelector("input")).slice(1);

  function move(group, to) {
    const step = Math.sign(to - [...rows.rows].indexOf(group.row));
    let from = [...rows.rows].indexOf(group.row);
    if (!step || !rows.rows[to]) return null;
    for (; from !== to; from += step) {
      const [here, there] = [from, from + step].map((n) => movedInputs(group, rows.rows[n]));
      here.forEach((input, n) => {
        [input.value, there[n].value] = [there[n].value, input.value];
      });
    }
    const inputs = movedInputs(group, rows.rows[to]);
    status.textContent = status.dataset.moved
      .replace("{name}", inputs[0].value)
      .replace("{row}", to + 1);
    rows.dispatchEvent(new Event("input", { bubbles: true }));
    return rows.rows[to];
  }

  function moveByKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isHandle = event.target.matches(".move");
    if (!step || event.isComposing || !(isHandle || (event.altKey && event.target.matches("input"))))
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const group = groupOf(event.target);
    const column = [...group.row.cells].indexOf(event.target.closest("td"));
    const row = move(group, [...rows.rows].indexOf(group.row) + step);
    row?.cells[column].querySelector(isHandle ? ".move" : "input").focus();
  }

  function addHandle(cell) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "move";
    handle.draggable = true;
    handle.textContent = "⠿";
    const name = cell.nextElementSibling.querySelector("input");
    const label = () =>
      handle.setAttribute("aria-label", status.dataset.handle.replace("{name}", name.value));
    handle.addEventListener("focus", label);
    label();
    cell.append(" ", handle);
  }

  const addHandles = (row) => row.querySelectorAll("td.group").forEach(addHandle);
  [...rows.rows].forEach(addHandles);
  document.getElementById("move-help").hidden = false;
  rows.addEventListener("keydown", moveByKey);

  let dragged = null;
  rows.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.(".move")) return;
    dragged = groupOf(event.target);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/x-ranking-row", "1");
  });
  rows.addEventListener("dragover", (event) => {
    if (dragged && event.target.closest("td")) event.preventDefault();
  });
  rows.addEventListener("drop", (event) => {
    const cell = event.target.closest("td");
    if (!dragged || !cell) return;
    event.preventDefault();
    if (groupOf(cell).start === dragged.start) {
      move(dragged, [...rows.rows].indexOf(cell.closest("tr")));
    }
    dragged = null;
  });
  rows.addEventListener("dragend", () => {
    dragged = null;
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
