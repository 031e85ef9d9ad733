// Small comforts; without scripts every form works all the same.
"use strict";

document.documentElement.classList.add("scripted");

// A file that is too large is not sent at all; one that is not is sent at once.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || input.files.length === 0) return;
  const most = Number(document.body.dataset.mostBytes);
  const said = document.getElementById(`${input.id}-said`);
  said.replaceChildren();
  // a form has some hundred bytes around its file
  if (input.files[0].size > most - 2048) {
    const line = document.createElement("p");
    line.className = "error";
    line.role = "alert";
    line.textContent = `${input.files[0].name} is too large: ${most / 2 ** 20} MB at most.`;
    said.replaceChildren(line);
    input.value = "";
    return;
  }
  input.form.requestSubmit();
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.(".drop");
    if (drop) drop.classList.toggle("over", kind === "dragover");
  });
}

// The server may be gone, or may have refused what it was sent.
document.addEventListener("htmx:error", (event) => {
  const target = event.detail.ctx?.target;
  if (!target?.classList.contains("said")) return;
  const line = document.createElement("p");
  line.className = "error";
  line.role = "alert";
  line.textContent = "The server gave no answer. Is it still running, and is the file not too large?";
  target.replaceChildren(line);
});
