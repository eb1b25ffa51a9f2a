// Event Calendar as an ES module of our own, from the address in data-calendar-src; its styles become calendar.css beside it.
import "@event-calendar/core/index.css";
export { createCalendar, DayGrid, Interaction, TimeGrid } from "@event-calendar/core";
