/** A Worker of windowed.ts. */

import { serveWindowed } from "./windowed.ts";

serveWindowed();
