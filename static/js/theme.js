// Before the first paint: the theme this browser chose (light, dark or auto).
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("tandem-theme") || "auto"; } catch { return "auto"; }
  };
  const apply = () => {
    const theme = chosen() === "auto" ? (prefersDark.matches ? "dark" : "light") : chosen();
    root.dataset.bsTheme = theme;
    root.dataset.theme = theme;
    root.dataset.themeChoice = chosen();
  };
  apply();
  prefersDark.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === "tandem-theme" && apply());
  addEventListener("tandem:theme", (event) => {
    try { localStorage.setItem("tandem-theme", event.detail); } catch { /* private mode: for this page only */ }
    apply();
  });
})();
