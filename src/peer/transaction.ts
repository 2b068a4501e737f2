/**
 * A transaction, as users hold it.
 *
 * @module
 */

import { destinationsOf, handleIds, objectIds, transfersOf } from "./arguments.ts";
import type { EngineTransaction, Id } from "../port/engine.ts";
import { BusError } from "../port/errors.ts";
import type { Handle } from "./handle.ts";
import type { Node } from "./node.ts";
import type { SendOptions } from "./options.ts";
import { type Data, toPayload } from "../port/payload.ts";
import type { Peer } from "./peer.ts";
import { printsAs } from "./looking/printing.ts";
import { describeAll, type Table } from "./table.ts";

const key = Symbol();

/** Makes the object for a transaction of `peer`. */
export let newTransaction: (peer: Peer, table: Table, core: EngineTransaction) => Transaction;

/**
 * Messages, node releases and handle releases that happen as one (`b1_op`), from {@linkcode Peer.transaction}.
 *
 * Adding something checks it, and copies the bytes; nothing happens before {@linkcode Transaction.commit}, and nothing
 * at all without it. Within one transaction a receiver gets the messages first, then the node releases, then the handle
 * releases, each in the order in which they were added. A handle may be used in a transaction that also releases it.
 *
 * The kernel has one command for one message, to any number of handles, and one for any number of releases. On its engine
 * a transaction must come to one of them.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const a = server.createNode({ for: client });
 * const b = server.createNode({ for: client });
 *
 * using tx = client.transaction();
 * tx.send(a.handle, "first").send([a.handle, b.handle], "second").release(a.handle);
 * console.log(server.tryReceive()); // null
 * tx.commit();
 * console.log(server.receiveMany(9).length); // 4
 * ```
 */
export class Transaction {
  readonly #peer: Peer;
  readonly #table: Table;
  readonly #core: EngineTransaction;
  /** All that was added, to be named if the commit fails. */
  readonly #named: (Node | Handle)[] = [];
  readonly #released: Id[] = [];
  #messages = 0;
  #spent = false;

  private constructor(issuer: symbol, peer: Peer, table: Table, core: EngineTransaction) {
    if (issuer !== key) throw new TypeError("a Transaction comes from peer.transaction(); it cannot be made");
    this.#peer = peer;
    this.#table = table;
    this.#core = core;
  }

  static {
    newTransaction = (peer, table, core) => new Transaction(key, peer, table, core);
    printsAs(Transaction, (transaction) => {
      const head = `Transaction of ${transaction.#table.title()}`;
      if (transaction.#spent) return [`${head} (spent)`];
      return [head, { messages: transaction.#messages, releases: new Set(transaction.#released).size }];
    });
  }

  /**
   * Adds a message (`b1_op_send_message`).
   *
   * Errors: `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's, `EBADRQC` for a handle that is released
   * or another peer's, `EMSGSIZE`, `EDQUOT` or `EXFULL` if a receiver has no room for it, now or together with what was
   * added before, `ENOMEM`; `EOPNOTSUPP` for what the kernel cannot do as one, with the reason. The transaction is then
   * what it was before. Room and account are taken from now on, until what was sent is received, or the transaction is
   * dropped.
   *
   * @param to One handle, or several for a multicast: each gets a message of its own, the same handle twice gets two.
   * @param data The bytes, which are copied now.
   * @param options `handles`: handles of this peer, of which every receiver gets copies.
   * @returns This transaction.
   */
  send(to: Handle | readonly Handle[], data: Data, options?: SendOptions): this {
    const doing = "transaction: send";
    const destinations = destinationsOf(to, doing);
    const handles = transfersOf(options, doing);
    const toIds = handleIds(destinations, this.#peer, doing);
    const ids = handleIds(handles, this.#peer, doing);
    const { bytes, length } = toPayload(data, doing);
    this.#check(doing);
    const answer = this.#core.send(toIds, bytes, length, ids);
    if (answer < 0) {
      const named = [...destinations, ...handles];
      throw this.#table.notSent(answer, `${doing} to ${describeAll(destinations)}`, toIds, length, named);
    }
    this.#messages += destinations.length;
    for (const handle of destinations) this.#named.push(handle);
    for (const handle of handles) this.#named.push(handle);
    return this;
  }

  /**
   * Adds the release of nodes and handles (`b1_op_release_node`, `b1_op_release_handle`). The same one twice counts
   * once.
   *
   * Errors: `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's, `EBADRQC` for an object that is
   * released or another peer's, `EOPNOTSUPP` as above. The transaction is then what it was before.
   *
   * @returns This transaction.
   */
  release(...objects: (Node | Handle)[]): this {
    const doing = "transaction: release";
    const ids = objectIds(objects, this.#peer, doing);
    this.#check(doing);
    const answer = this.#core.release(ids);
    if (answer < 0) throw this.#table.failure(answer, `${doing} ${describeAll(objects)}`, objects);
    for (const object of objects) this.#named.push(object);
    for (const id of ids) this.#released.push(id);
    return this;
  }

  /**
   * Lets all of it happen, at once (`b1_op_commit`). The transaction is spent, also if that fails.
   *
   * Errors: `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's, `EBADRQC` if something that was added
   * has been released since. Nothing has happened then.
   */
  commit(): void {
    this.#check("commit a transaction");
    this.#spent = true;
    this.#table.settle();
    const answer = this.#core.commit();
    if (answer < 0) throw this.#table.failure(answer, "commit a transaction", this.#named);
    for (const id of this.#released) this.#table.forget(id);
  }

  /** Drops the transaction, unless it was committed: nothing happened. */
  [Symbol.dispose](): void {
    if (this.#spent) return;
    this.#spent = true;
    this.#core.abort();
  }

  #check(doing: string): void {
    if (this.#spent) throw new BusError("EINVAL", doing, "it has been committed or dropped");
  }
}
