-- title: Cheapest offer of each item
-- title-ko: 품목별 최저가 판매처
-- parameter: item; text; about only this item
-- range: last 3 days
-- column: price; money currency
-- column: offers; count
-- column: date; date
-- column: url; link
WITH latest AS (
  SELECT
    product, currency, amount, date, availability,
    row_number() OVER (PARTITION BY product ORDER BY slot DESC, schedule DESC) AS place
  FROM prices
  WHERE counted = 1
), offers AS (
  SELECT
    products.item, latest.product, products.name, products.vendor, products.url,
    latest.amount AS price, latest.currency, latest.date,
    count(*) OVER (PARTITION BY products.item, latest.currency) AS offers,
    row_number() OVER (
      PARTITION BY products.item, latest.currency ORDER BY latest.amount, latest.product
    ) AS place
  FROM latest
  JOIN products USING (product)
  WHERE latest.place = 1
    AND products.item IS NOT NULL
    AND (latest.availability IS NULL
      OR latest.availability NOT IN ('OutOfStock', 'SoldOut', 'Discontinued'))
)
SELECT item, price, currency, vendor, product, name, offers, date, url
FROM offers
WHERE place = 1 AND (:item IS NULL OR item = :item)
ORDER BY item, currency
