// npm packages -> frontend/dist: one stylesheet, Tabler’s script, SortableJS, Event Calendar, Tiptap, and a sprite of the icons in icons.txt.
import { build } from "esbuild";
import { copyFile, readFile, mkdir, writeFile } from "node:fs/promises";

const out = "frontend/dist";
await mkdir(out, { recursive: true });

await build({
  entryPoints: { vendor: "frontend/vendor.css", sortable: "frontend/sortable.js", calendar: "frontend/calendar.js", tiptap: "frontend/tiptap.js" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  legalComments: "none",
  loader: { ".woff2": "file" },
  assetNames: "[name]",
  logLevel: "warning",
});

const script = await readFile("node_modules/@tabler/core/dist/js/tabler.min.js", "utf8");
await writeFile(`${out}/tabler.js`, script.replace(/^\/\/# sourceMappingURL=.*$/m, ""));

// The PDFs of sales need the sans as TrueType (typst reads no woff2).
await mkdir(`${out}/fonts`, { recursive: true });
for (const weight of ["400Regular", "600SemiBold"]) {
  const font = `Inter_${weight}.ttf`;
  await copyFile(`node_modules/@expo-google-fonts/inter/${weight}/${font}`, `${out}/fonts/${font}`);
}

const names = (await readFile("frontend/icons.txt", "utf8")).split("\n").map((line) => line.trim()).filter(Boolean);
const symbols = await Promise.all([...new Set(names)].sort().map(symbolOf));
await writeFile(`${out}/icons.svg`, `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
console.log(`Built ${out}: ${symbols.length} icons.`);

async function symbolOf(name) {
  let svg;
  try {
    svg = await readFile(`node_modules/@tabler/icons/icons/outline/${name}.svg`, "utf8");
  } catch {
    console.error(`frontend/icons.txt names “${name}”, which @tabler/icons does not have.`);
    process.exit(1);
  }
  const shapes = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ");
  const drawn = shapes.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${drawn}</symbol>`;
}
