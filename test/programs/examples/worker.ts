import { Peer } from "@bus1/bus1";

declare const self: { onmessage: (event: MessageEvent) => void }; // types only: a Worker's `self`, not a window's

self.onmessage = ({ data }) => {
  using client = Peer.adopt(data.ticket);
  client.send(client.handle(data.to), "hello");
};
