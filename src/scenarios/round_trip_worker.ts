/** A Worker of round_trip.ts. */

import { ROUND_TRIP, serveRoundTrip } from "./round_trip.ts";

serveRoundTrip(ROUND_TRIP);
