/**
 * The version of this package. It stands once, in deno.json, which is published.
 *
 * @module
 */

import config from "../../../deno.json" with { type: "json" };

/** The version, as in `"0.1.0"`. */
export const VERSION: string = config.version;
