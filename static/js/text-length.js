// How long an SMS is, as carriers count: GSM 03.38 has 160 a message (153 a part), anything else 70 (67 a part).
const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const DOUBLE = new Set("^{}\\[~]|€");
const TOKEN = /\{\{.*?\}\}|\{%.*?%\}/gs;
const area = document.querySelector("[data-text-length]");
const says = document.querySelector("[data-text-length-says]");

function tell() {
  const text = area.value.replace(TOKEN, (token) => "x".repeat(Math.min(10, token.length)));
  const signs = [...text];
  const isPlain = signs.every((sign) => GSM.has(sign) || DOUBLE.has(sign));
  const units = isPlain ? signs.reduce((sum, sign) => sum + (DOUBLE.has(sign) ? 2 : 1), 0) : text.length;
  const [one, many] = isPlain ? [160, 153] : [70, 67];
  const parts = !units ? 0 : units <= one ? 1 : Math.ceil(units / many);
  const hint = isPlain ? "" : " Because of a special character each part holds only 67.";
  says.textContent = `About ${units} characters, ${parts} ${parts === 1 ? "message" : "messages"} a person (tokens counted as 10).${hint}`;
}

if (area && says) {
  area.after(says);
  area.addEventListener("input", tell);
  tell();
}
