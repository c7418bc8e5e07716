-- What was known last, in the days that are read, of each product that has outcomes in them.
CREATE TABLE products (
  product       TEXT PRIMARY KEY, -- the id
  item          TEXT,             -- the item that it is an offer of
  name          TEXT NOT NULL,
  category      TEXT,
  vendor        TEXT,
  url           TEXT,
  source        TEXT,             -- whom it is asked of: a host, or coupang
  pack_quantity TEXT,             -- an exact decimal number
  pack_unit     TEXT,             -- g, kg, ml, l, cm, m or piece
  shipping      TEXT,             -- an exact decimal number, in units of the price's currency
  free_from     TEXT              -- the price from which shipping is free, likewise
) WITHOUT ROWID;

-- The items that the products name.
CREATE TABLE items (
  item          TEXT PRIMARY KEY,
  offers        INTEGER NOT NULL  -- how many products name it
) WITHOUT ROWID;

-- The outcomes: one row for each product in each run.
CREATE TABLE prices (
  slot          TEXT NOT NULL,    -- the instant of the run, in UTC: 2026-11-21T01:15:00Z
  date          TEXT NOT NULL,    -- its day where the owner is: 2026-11-21
  schedule      TEXT NOT NULL,
  product       TEXT NOT NULL,
  fetched       TEXT NOT NULL,    -- when the outcome was known, in UTC
  counted       INTEGER NOT NULL, -- 1 if there is a price that is confirmed and not void
  amount        INTEGER,          -- the price in minor units of its currency (won, cents);
                                  -- finer digits are rounded half to even
  amount_text   TEXT,             -- the price in units of its currency, every digit of it
  currency      TEXT,
  availability  TEXT,             -- schema.org's name: InStock, OutOfStock, ...
  list_amount   INTEGER,          -- the list price that the page states, in minor units
  reason        TEXT,             -- why there is no price
  unconfirmed   TEXT,             -- pending or final: the price moved too far
  void          TEXT,             -- why the owner says that it is wrong
  previous      INTEGER,          -- the confirmed price before it, if in the same currency
  previous_currency TEXT,
  imported      INTEGER NOT NULL  -- 1 if it came with an upload of past prices
);
