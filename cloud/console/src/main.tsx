import { render } from "preact";
import { App } from "./App";
import "./styles.css";

const place = document.getElementById("app");
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
