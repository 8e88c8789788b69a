/** The worker that all tabs of a browser share: it holds the hub of the feed. */
import { createHub } from "./hub.mjs";

const hub = createHub();
self.onconnect = ({ ports: [port] }) => hub.connect(port);
