// A copied table's merged cells are in the clipboard's HTML only; without this its text is read.
const text = document.getElementById("id_text");
const html = document.getElementById("id_html");

text.addEventListener("paste", (event) => {
  const copied = event.clipboardData.getData("text/html");
  // Added to what stands there already, the text alone tells what is meant.
  html.value = !text.value.trim() && /<table/i.test(copied) ? copied : "";
});

text.addEventListener("input", (event) => {
  if (event.inputType !== "insertFromPaste") html.value = "";
});

document.querySelector(".grid-faults")?.focus();
