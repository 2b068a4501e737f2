/**
 * A transaction, as users hold it.
 *
 * @module
 */

import type { EngineTransaction, Id } from "../port/engine.ts";
import { BusError } from "../port/errors.ts";
import { type Data, toPayload } from "../port/payload.ts";
import type { TracedMessage } from "../port/trace.ts";
import { destinationsOf, type Handle, handleIds } from "./handle.ts";
import { printsAs } from "./looking/printing.ts";
import { type SendOptions, transfersOf } from "./message.ts";
import { describeAll, type Node, objectIds } from "./node.ts";
import type { Parts } from "./peer.ts";

const key = Symbol();

/** Makes the object for a transaction of the peer that has these parts. */
export let newTransaction: (parts: Parts, core: EngineTransaction) => Transaction;

/**
 * Messages, node releases and handle releases that happen as one (`b1_op`), from {@linkcode Peer.transaction}.
 *
 * A call that adds something checks it, and copies the bytes. Nothing happens before {@linkcode Transaction.commit}, and
 * nothing at all without it. Within one transaction a receiver gets the messages first, then the node releases, then the
 * handle releases, each in the order in which they were added. A handle may be used in a transaction that also releases it.
 *
 * The kernel has one command for one message, to any number of handles, and one for any number of releases. On its engine a
 * transaction must be equivalent to one of the two.
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
  readonly #parts: Parts;
  readonly #core: EngineTransaction;
  /** Everything that was added, for the error of a commit that fails. */
  readonly #named: (Node | Handle)[] = [];
  readonly #released: Id[] = [];
  /** The messages, for the trace of the peer; `null` if it has no trace. */
  readonly #traced: TracedMessage[] | null;
  #messages = 0;
  #spent = false;

  private constructor(issuer: symbol, parts: Parts, core: EngineTransaction) {
    if (issuer !== key) throw new TypeError("a Transaction comes from peer.transaction(); it cannot be made");
    this.#parts = parts;
    this.#core = core;
    this.#traced = parts.trace === null ? null : [];
  }

  static {
    newTransaction = (parts, core) => new Transaction(key, parts, core);
    printsAs(Transaction, (transaction) => {
      const head = `Transaction of ${transaction.#parts.identity.title()}`;
      if (transaction.#spent) return [`${head} (spent)`];
      return [head, { messages: transaction.#messages, releases: new Set(transaction.#released).size }];
    });
  }

  /**
   * Adds a message (`b1_op_send_message`). Its room and its charge are taken from now on, until the message is received or
   * the transaction is dropped. If the call fails, the transaction is unchanged.
   *
   * Errors:
   * - `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's.
   * - `EBADRQC` for a handle that is released or another peer's.
   * - `EMSGSIZE` above `0x7ffff000` bytes.
   * - `EDQUOT` or `EXFULL` if a receiver has no room for it, alone or together with what was added before.
   * - `EOPNOTSUPP` for what the kernel cannot do as one command, with the reason.
   * - `ENOMEM`.
   *
   * @param to One handle, or several for a multicast. Each gets a message of its own; the same handle twice gets two.
   * @param data The bytes, which are copied now.
   * @param options `handles`: handles of this peer; every receiver gets copies.
   * @returns This transaction.
   */
  send(to: Handle | readonly Handle[], data: Data, options?: SendOptions): this {
    const doing = "transaction: send";
    const { peer } = this.#parts;
    const destinations = destinationsOf(to, doing);
    const handles = transfersOf(options, doing);
    const toIds = handleIds(destinations, peer, doing);
    const ids = handleIds(handles, peer, doing);
    const { bytes, length } = toPayload(data, doing);
    this.#check(doing);
    const answer = this.#core.send(toIds, bytes, length, ids);
    if (answer < 0) {
      const named = [...destinations, ...handles];
      throw this.#parts.notSent(answer, `${doing} to ${describeAll(destinations)}`, toIds, length, named);
    }
    this.#messages += destinations.length;
    for (const handle of destinations) this.#named.push(handle);
    for (const handle of handles) this.#named.push(handle);
    this.#traced?.push({ to: toIds, bytes: length, handles: ids });
    return this;
  }

  /**
   * Adds the release of nodes and handles (`b1_op_release_node`, `b1_op_release_handle`). An object that is added twice
   * counts once. If the call fails, the transaction is unchanged.
   *
   * Errors: `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's, `EBADRQC` for an object that is released or
   * another peer's, `EOPNOTSUPP` as for {@linkcode Transaction.send}.
   *
   * @returns This transaction.
   */
  release(...objects: (Node | Handle)[]): this {
    const doing = "transaction: release";
    const { peer, failures } = this.#parts;
    const ids = objectIds(objects, peer, doing);
    this.#check(doing);
    const answer = this.#core.release(ids);
    if (answer < 0) throw failures.failure(answer, `${doing} ${describeAll(objects)}`, objects);
    for (const object of objects) this.#named.push(object);
    for (const id of ids) this.#released.push(id);
    return this;
  }

  /**
   * Makes everything happen, at once (`b1_op_commit`). The transaction is spent, also if that fails; then nothing has
   * happened.
   *
   * Errors: `EINVAL` after the transaction's end, `ESHUTDOWN` after its peer's, `EBADRQC` if an object that was added has
   * been released since.
   */
  commit(): void {
    const doing = "commit a transaction";
    this.#check(doing);
    const { trace, inbox, failures, objects } = this.#parts;
    trace?.enter(doing);
    this.#spent = true;
    inbox.settle();
    const answer = this.#core.commit();
    if (answer < 0) throw failures.failure(answer, doing, this.#named);
    trace?.committed(this.#traced ?? [], this.#released);
    for (const id of this.#released) objects.forget(id);
  }

  /** Drops the transaction: nothing has happened. No-op if it was committed or dropped. */
  abort(): void {
    if (this.#spent) return;
    this.#spent = true;
    this.#core.abort();
  }

  /** Drops the transaction, unless it was committed: {@linkcode Transaction.abort}. */
  [Symbol.dispose](): void {
    this.abort();
  }

  #check(doing: string): void {
    if (this.#spent) throw new BusError("EINVAL", doing, "it has been committed or dropped");
  }
}
