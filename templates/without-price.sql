-- title: Products without a price
-- title-ko: 가격이 없는 상품
-- parameter: days; whole; default 3; about for how many days there has been no price, at least
-- parameter: category; text; about only this category
-- range: last 90 days
-- column: last_price; date
-- column: days_without; count
-- column: attempts; count
-- column: url; link
WITH seen AS (
  SELECT
    product,
    max(CASE counted WHEN 1 THEN date END) AS last_price,
    min(date) AS first_date,
    count(*) AS attempts,
    max(slot || ' ' || schedule) AS last_attempt
  FROM prices
  GROUP BY product
)
SELECT
  seen.product, products.name, products.category, products.vendor, last_price,
  days_between(coalesce(last_price, first_date), :today) AS days_without,
  attempts,
  coalesce(prices.reason, prices.void, prices.unconfirmed) AS last_reason,
  products.url
FROM seen
JOIN products USING (product)
JOIN prices ON prices.product = seen.product
  AND prices.slot || ' ' || prices.schedule = seen.last_attempt
WHERE (last_price IS NULL OR days_between(last_price, :today) >= coalesce(:days, 0))
  AND (:category IS NULL OR products.category = :category)
ORDER BY days_without DESC, seen.product
