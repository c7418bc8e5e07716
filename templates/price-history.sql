-- title: Price history of a product or an item
-- title-ko: 상품 또는 품목의 가격 이력
-- parameter: product; text; about the id of a product
-- parameter: item; text; about the id of an item: the history of all its offers
-- parameter: from; date; default today - 89; about the first day
-- parameter: to; date; default today; about the last day
-- range: from :from to :to
-- column: date; date
-- column: price; money currency
-- column: change; percent
SELECT
  prices.date,
  prices.product,
  products.name,
  products.vendor,
  CASE prices.counted WHEN 1 THEN prices.amount END AS price,
  prices.currency,
  CASE prices.counted WHEN 1 THEN percent(prices.amount, prices.previous) END AS change,
  prices.availability,
  coalesce(prices.reason, prices.void, prices.unconfirmed) AS remark
FROM prices
JOIN products USING (product)
WHERE (:product IS NOT NULL OR :item IS NOT NULL)
  AND (:product IS NULL OR prices.product = :product)
  AND (:item IS NULL OR products.item = :item)
ORDER BY prices.slot, prices.product, prices.schedule
