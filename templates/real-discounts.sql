-- title: Real discounts
-- title-ko: 실제 할인
-- parameter: day; date; default today; about the day whose prices are looked at
-- parameter: since; date; default today - 30; about the first day of the prices before it
-- parameter: at_least; whole; default 10; about the smallest discount, in percent
-- range: from :since to :day
-- column: price; money currency
-- column: lowest_before; money currency
-- column: median_before; money currency
-- column: list_price; money currency
-- column: discount; percent
-- column: claimed; percent
-- column: url; link
WITH latest AS (
  SELECT
    product, currency, amount, list_amount,
    row_number() OVER (PARTITION BY product, currency ORDER BY slot DESC, schedule DESC) AS place
  FROM prices
  WHERE counted = 1 AND date = :day
), earlier AS (
  SELECT product, currency, min(amount) AS lowest_before, median(amount) AS median_before
  FROM prices
  WHERE counted = 1 AND date < :day
  GROUP BY product, currency
)
SELECT
  latest.product, products.name, products.vendor,
  latest.amount AS price, lowest_before, median_before, latest.list_amount AS list_price,
  percent(latest.amount, lowest_before) AS discount,
  percent(latest.amount, latest.list_amount) AS claimed,
  latest.currency, products.url
FROM latest
JOIN earlier ON earlier.product = latest.product AND earlier.currency = latest.currency
JOIN products ON products.product = latest.product
WHERE latest.place = 1
  AND lowest_before > 0
  AND (lowest_before - latest.amount) * 100 >= coalesce(:at_least, 0) * lowest_before
  AND latest.amount < lowest_before
ORDER BY (lowest_before - latest.amount) * 1000000 / lowest_before DESC, latest.product
