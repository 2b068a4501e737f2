/** A Worker of one_way.ts. */

import { ONE_WAY, serveOneWay } from "./one_way.ts";

serveOneWay(ONE_WAY);
