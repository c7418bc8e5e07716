-- title: Movers of a period
-- title-ko: 기간 등락
-- parameter: from; date; default today - 6; about the first day
-- parameter: to; date; default today; about the last day
-- parameter: at_least; whole; default 5; about the smallest change, in percent
-- parameter: direction; text; default both; one of both, down, up
-- range: from :from to :to
-- column: first; money currency
-- column: last; money currency
-- column: lowest; money currency
-- column: highest; money currency
-- column: change; percent
WITH counted AS (
  SELECT
    product, currency, amount,
    row_number() OVER (PARTITION BY product, currency ORDER BY slot, schedule) AS place,
    row_number() OVER (PARTITION BY product, currency ORDER BY slot DESC, schedule DESC)
      AS place_from_last
  FROM prices
  WHERE counted = 1
), moves AS (
  SELECT
    product, currency,
    max(CASE place WHEN 1 THEN amount END) AS first,
    max(CASE place_from_last WHEN 1 THEN amount END) AS last,
    min(amount) AS lowest,
    max(amount) AS highest
  FROM counted
  GROUP BY product, currency
)
SELECT
  moves.product, products.name, products.category, products.vendor,
  first, last, percent(last, first) AS change, lowest, highest, currency
FROM moves
JOIN products USING (product)
WHERE first > 0
  AND abs(last - first) * 100 >= coalesce(:at_least, 0) * first
  AND last <> first
  AND (:direction IS NULL OR :direction = 'both' OR (:direction = 'down') = (last < first))
ORDER BY abs(last - first) * 1000000 / first DESC, product, currency
