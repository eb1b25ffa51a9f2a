// A file that is too large is told before it is sent: `data-file-limit` is the most, in bytes.
for (const input of document.querySelectorAll("input[type=file][data-file-limit]")) {
  input.addEventListener("change", () => {
    const most = Number(input.dataset.fileLimit), file = input.files[0];
    const megabytes = (bytes) => Math.round(bytes / 1048576).toLocaleString();
    const isTooLarge = file && file.size > most;
    input.setCustomValidity(isTooLarge ? `“${file.name}” has ${megabytes(file.size)} MB; ${megabytes(most)} MB is the most. Split it and import the parts.` : "");
    if (isTooLarge) { input.reportValidity(); input.value = ""; }
  });
}
