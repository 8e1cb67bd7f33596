import { render } from "preact";
import { Lab } from "./lab.js";
import "uplot/dist/uPlot.min.css";
import "./style.css";

render(<Lab />, document.getElementById("lab") as HTMLElement);
