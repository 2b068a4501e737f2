/**
 * The version of this package, which stands once: in deno.json, which is published with it.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** As in `"0.1.0"`. */
export const VERSION: string = config.version;
