-- title: Counts by condition
-- title-ko: 조건별 건수
-- parameter: by; text; default reason; one of reason, category, source, vendor; about what the outcomes are grouped by
-- parameter: from; date; default today - 6; about the first day
-- parameter: to; date; default today; about the last day
-- range: from :from to :to
-- column: outcomes; count
-- column: prices; count
-- column: failures; count
-- column: unconfirmed; count
-- column: void; count
-- totals: yes
SELECT
  CASE :by
    WHEN 'category' THEN products.category
    WHEN 'source' THEN products.source
    WHEN 'vendor' THEN products.vendor
    ELSE prices.reason
  END AS condition,
  count(*) AS outcomes,
  sum(prices.counted) AS prices,
  count(prices.reason) AS failures,
  count(prices.unconfirmed) AS unconfirmed,
  count(prices.void) AS void
FROM prices
JOIN products USING (product)
GROUP BY 1
ORDER BY outcomes DESC, condition
