// Which price of an offer is shown: what the shop asks, with shipping, or for a quantity.
// Amounts are decimal strings and are added and divided as whole numbers, never as fractions of
// two.

const UNITS = { g: [100, "100 g"], kg: [1, "1 kg"], ml: [100, "100 ml"], l: [1, "1 l"], cm: [100, "100 cm"], m: [1, "1 m"], piece: [1, "1"] };
const PLACES = 12;

const whole = (text) => {
  const [digits, decimals = ""] = text.split(".");
  return BigInt(digits + decimals.padEnd(PLACES, "0").slice(0, PLACES));
};

const text = (value, places) => {
  const scale = 10n ** BigInt(PLACES - places);
  const rounded = (value + scale / 2n) / scale;
  if (!places) return String(rounded);
  const digits = String(rounded).padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, "");
};

/** The bases that are known of a product's definition: `[key, label of the quantity]`. */
export function bases(definition) {
  const known = [["price"]];
  if (definition.costs) known.push(["total"]);
  if (definition.pack) known.push(["unit", UNITS[definition.pack.unit]?.[1]]);
  return known;
}

/** A price on another basis. */
export function on(basis, price, definition) {
  if (basis === "total" && definition.costs) {
    const { shipping, free_from } = definition.costs;
    const free = free_from !== undefined && whole(price.amount) >= whole(free_from);
    return free ? price : { ...price, amount: text(whole(price.amount) + whole(shipping), decimals(price.amount, shipping)) };
  }
  if (basis === "unit" && definition.pack) {
    const per = BigInt(UNITS[definition.pack.unit]?.[0] ?? 1);
    const scale = 10n ** BigInt(PLACES);
    return { ...price, amount: text((whole(price.amount) * per * scale) / whole(definition.pack.quantity), 2) };
  }
  return price;
}

const decimals = (...amounts) => Math.max(...amounts.map((amount) => amount.split(".")[1]?.length ?? 0));
