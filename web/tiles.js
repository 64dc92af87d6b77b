// Our own roads as vector tiles: the server's GeoJSON tiles, written as Mapbox Vector Tiles for MapLibre.
// Encoding: Mapbox Vector Tile Specification 2.1 (protocol buffers; zig-zag deltas; extent 4096).

const EXTENT = 4096;
const MARGIN = 256;
const LAYER = "roads";

/** Teach MapLibre the protocol `roads://z/x/y`. */
export function installRoadTiles(maplibre) {
  maplibre.addProtocol("roads", async ({ url }, abort) => {
    const [z, x, y] = url.slice("roads://".length).split("/").map(Number);
    const response = await fetch(`/v1/tiles/${z}/${x}/${y}.json`, { signal: abort.signal });
    if (response.status === 404 || response.status === 204) return { data: new ArrayBuffer(0) };
    if (!response.ok) throw new Error(`road tile ${z}/${x}/${y}: ${response.status}`);
    return { data: encodeTile(await response.json(), z, x, y) };
  });
}

/** Encode a GeoJSON FeatureCollection of lines in degrees as one tile with one layer. */
export function encodeTile(collection, z, x, y) {
  const keys = new Map();
  const values = new Map();
  const features = [];
  for (const feature of collection.features ?? []) {
    const lines = feature.geometry?.type === "MultiLineString" ? feature.geometry.coordinates : [feature.geometry?.coordinates ?? []];
    const pieces = lines.flatMap((line) => clip(line.map((point) => toTile(point, z, x, y))));
    if (pieces.length) features.push(encodeFeature(pieces, feature.properties ?? {}, keys, values));
  }
  if (!features.length) return new ArrayBuffer(0);
  const layer = writer();
  layer.varintField(15, 2);
  layer.bytesField(1, utf8(LAYER));
  for (const feature of features) layer.bytesField(2, feature);
  for (const { made } of keys.values()) layer.bytesField(3, made);
  for (const { made } of values.values()) layer.bytesField(4, made);
  layer.varintField(5, EXTENT);
  const tile = writer();
  tile.bytesField(3, layer.bytes());
  return tile.bytes().buffer;
}

function toTile([lon, lat], z, x, y) {
  const scale = 2 ** z;
  const sine = Math.sin((lat * Math.PI) / 180);
  const east = ((lon + 180) / 360) * scale - x;
  const south = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * scale - y;
  return [east * EXTENT, south * EXTENT];
}

/** Cut a line to the tile and its margin (Liang and Barsky 1984); a line may fall into pieces. */
function clip(line) {
  const pieces = [];
  let piece = null;
  for (let at = 1; at < line.length; at += 1) {
    const cut = clipSegment(line[at - 1], line[at]);
    if (!cut) { piece = null; continue; }
    const [start, end, startCut, endCut] = cut;
    if (piece && !startCut) piece.push(end); else { piece = [start, end]; pieces.push(piece); }
    if (endCut) piece = null;
  }
  return pieces;
}

function clipSegment([ax, ay], [bx, by]) {
  const [low, high] = [-MARGIN, EXTENT + MARGIN];
  const [dx, dy] = [bx - ax, by - ay];
  let [enter, leave] = [0, 1];
  for (const [delta, room] of [[-dx, ax - low], [dx, high - ax], [-dy, ay - low], [dy, high - ay]]) {
    if (delta === 0) { if (room < 0) return null; continue; }
    const share = room / delta;
    if (delta < 0) enter = Math.max(enter, share); else leave = Math.min(leave, share);
    if (enter > leave) return null;
  }
  return [[ax + enter * dx, ay + enter * dy], [ax + leave * dx, ay + leave * dy], enter > 0, leave < 1];
}

function encodeFeature(pieces, properties, keys, values) {
  const feature = writer();
  const tags = writer();
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || typeof value === "object") continue;
    tags.varint(numberOf(keys, key, () => utf8(key)));
    tags.varint(numberOf(values, `${typeof value}:${value}`, () => encodeValue(value)));
  }
  feature.bytesField(2, tags.bytes());
  feature.varintField(3, 2);
  feature.bytesField(4, encodeLines(pieces));
  return feature.bytes();
}

/** The number of a key in its table, which grows where the key is new. */
function numberOf(table, key, make) {
  const known = table.get(key);
  if (known) return known.number;
  table.set(key, { number: table.size, made: make() });
  return table.size - 1;
}

function encodeValue(value) {
  const out = writer();
  if (typeof value === "string") out.bytesField(1, utf8(value));
  else if (typeof value === "boolean") out.varintField(7, value ? 1 : 0);
  else out.doubleField(3, value);
  return out.bytes();
}

const zigzag = (number) => (number < 0 ? -2 * number - 1 : 2 * number);

function encodeLines(pieces) {
  const out = writer();
  let [cx, cy] = [0, 0];
  const move = ([px, py]) => {
    const [nx, ny] = [Math.round(px), Math.round(py)];
    out.varint(zigzag(nx - cx));
    out.varint(zigzag(ny - cy));
    [cx, cy] = [nx, ny];
  };
  for (const piece of pieces) {
    out.varint((1 << 3) | 1);
    move(piece[0]);
    out.varint(((piece.length - 1) << 3) | 2);
    piece.slice(1).forEach(move);
  }
  return out.bytes();
}

const utf8 = (text) => new TextEncoder().encode(text);

/** A growing buffer of protocol-buffer fields. */
function writer() {
  let buffer = new Uint8Array(64);
  let length = 0;
  const room = (more) => {
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  const varint = (number) => {
    room(10);
    let rest = number;
    while (rest > 127) { buffer[length] = (rest % 128) + 128; length += 1; rest = Math.floor(rest / 128); }
    buffer[length] = rest;
    length += 1;
  };
  return {
    varint,
    varintField(field, number) { varint(field << 3); varint(number); },
    bytesField(field, bytes) { varint((field << 3) | 2); varint(bytes.length); room(bytes.length); buffer.set(bytes, length); length += bytes.length; },
    doubleField(field, number) { varint((field << 3) | 1); room(8); new DataView(buffer.buffer).setFloat64(length, number, true); length += 8; },
    bytes: () => buffer.slice(0, length),
  };
}
