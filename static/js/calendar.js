// The calendar of activities: drawn by Event Calendar; dragging moves, an empty slot adds, a name opens. The agenda says the same without it.
const place = document.querySelector("[data-calendar-src]");
document.querySelector("[data-submits]")?.addEventListener("change", (event) => event.target.form.requestSubmit());

if (place && getComputedStyle(place).display !== "none") {
  const { createCalendar, DayGrid, Interaction, TimeGrid } = await import(place.dataset.calendarSrc);
  const events = JSON.parse(document.querySelector("#calendar-events").textContent).map(drawn);
  const views = { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth" };
  createCalendar(place, [TimeGrid, DayGrid, Interaction], {
    view: views[place.dataset.view],
    date: place.dataset.day,
    locale: place.dataset.locale,
    events,
    headerToolbar: { start: "", center: "", end: "" },
    firstDay: 1,
    allDaySlot: false,
    nowIndicator: true,
    scrollTime: "07:30:00",
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    dayMaxEvents: true,
    height: place.dataset.view === "month" ? "auto" : "calc(100vh - 190px)",
    eventContent: ({ event, timeText }) => ({ domNodes: [link(event, timeText)] }),
    eventDrop: moved,
    eventResize: moved,
    dateClick: ({ date, dateStr }) => add(place.dataset.view === "month" ? `${dateStr.slice(0, 10)}T09:00` : local(date)),
    viewDidMount: plain,
    datesSet: plain,
    eventAllUpdated: plain,
  });
  plain();
}

function drawn({ movable, sizable, kind, status, who, url, move, version, ...event }) {
  return { ...event, startEditable: movable, durationEditable: sizable, classNames: [`is-${kind}`, `is-${status}`], extendedProps: { who, url, move, version } };
}

function link(event, time) {
  const made = document.createElement("a");
  made.href = event.extendedProps.url;
  made.draggable = false;
  const at = document.createElement("time");
  at.textContent = time;
  made.append(at, ` ${event.title}`, ...(event.extendedProps.who ? [` · ${event.extendedProps.who}`] : []));
  return made;
}

// Its roles say table and row, which its own children break: it is a picture of the agenda, whose links are read in order
function plain() {
  const said = ["role", "aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount"];
  setTimeout(() => {
    said.forEach((name) => place.querySelectorAll(`[${name}]`).forEach((part) => part.removeAttribute(name)));
    place.querySelectorAll(".ec-main").forEach((part) => (part.tabIndex = 0)); // it scrolls, so the keyboard must reach it
  });
}

async function moved({ event, revert }) {
  const facts = new URLSearchParams({ drag: "yes", due_at: local(event.start), ends_at: event.durationEditable === false ? "" : local(event.end), version: event.extendedProps.version });
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
  let answer, said;
  try {
    answer = await fetch(event.extendedProps.move, { method: "POST", body: facts, headers: { "X-CSRFToken": token } });
    said = await answer.json();
  } catch {
    said = { said: "It could not be moved. Nothing was changed; try again." };
  }
  if (answer?.ok) event.extendedProps.version = said.version;
  else revert();
  const detail = answer?.ok ? { text: `${event.title}: ${event.start.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`, tone: "success" } : { text: said.said, tone: "error" };
  document.dispatchEvent(new CustomEvent("tandem:toast", { detail }));
}

function local(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function add(starts) {
  if (place.dataset.add) location.assign(`${place.dataset.add}&starts_at=${starts}&next=${encodeURIComponent(location.pathname + location.search)}`);
}
