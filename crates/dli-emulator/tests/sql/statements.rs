//! Statements in the service's dialect, each with what it answers.

use crate::assert_transcript;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn values_have_the_types_and_texts_of_spark() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "SELECT 1, -1, 1L, 1.5, 1e3, 'text', \"text\", true, null;
SELECT 1 AS Total, 2 AS `Größe`, 1 AS total;
SELECT CAST('12' AS INT), CAST(' 12.9 ' AS INT), CAST('x' AS INT), CAST('99999999999' AS INT);
SELECT CAST(300 AS TINYINT), CAST(1.5E10 AS INT), CAST(-1.9 AS INT), CAST('1e3' AS DOUBLE);
SELECT CAST(1.005 AS DECIMAL(10,2)), CAST('12345.678' AS DECIMAL(6,2)), CAST(1.0E10 AS STRING), CAST(0.1 AS DOUBLE);
SELECT CAST('yes' AS BOOLEAN), CAST('maybe' AS BOOLEAN), CAST(0 AS BOOLEAN), CAST(true AS INT);
SELECT CAST('2024-2-9' AS DATE), CAST('2024-02-30' AS DATE), DATE '2024-02-29', TIMESTAMP '2024-02-29 12:30:00.5';
SELECT CAST('2024-02-09 01:00:00+02:00' AS TIMESTAMP), CAST(TIMESTAMP '1970-01-01 00:01:00' AS BIGINT), CAST(60 AS TIMESTAMP);
SELECT CAST(DATE '2024-02-29' AS INT);
SELECT DATE '2024-02-30';
SELECT typeof(1), typeof(1.50), typeof(1L + 1), typeof(1 / 2), typeof(date '2024-01-01'), typeof(array(1))",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_do_as_those_of_spark() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "SELECT 7 / 2, 7 div 2, 7 % 4, -7 % 4, 7 / 0, 7 % 0, 7 div 0;
SELECT 10 div 3 + 1, 1 + 7 div 2;
SELECT 1.10 / 3, 1.10 * 2, 1.10 + 1, 10.00 / 4.0, 1.5 / 0;
SELECT '1' + 1, '2' * '3', 'x' + 1, '10' / 4;
SELECT '1' = 1, 'a' < 'b', '2024-01-01' = DATE '2024-01-01', null = null, null <=> null;
SELECT 'a' || 'b', 'a' || null, 'Spark' LIKE 'S%k', 'Spark' RLIKE '^S.+k$', 'it\\'s', \"say \\\"hi\\\"\";
SELECT 1 IN (1, 2), 3 NOT IN (1, null), 2 BETWEEN 1 AND 3, NOT true, !false;
SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END, CASE 3 WHEN 3 THEN 'three' END, if(1 < 2, 'yes', 'no');
SELECT DATE '2024-01-31' + INTERVAL 1 MONTH, DATE '2024-03-01' - INTERVAL '1 day', TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '90' MINUTE;
SELECT DATE '2024-01-02' - DATE '2024-01-01';
SELECT 2147483647 + 1, 9223372036854775807 + 1",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_do_as_those_of_spark() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "SELECT upper('straße'), length('漢字'), substr('Spark', 2, 3), substring('Spark', -3), left('Spark', 2), initcap('hello world');
SELECT trim('  a '), lpad('7', 3, '0'), rpad('7', 3, '-'), repeat('ab', 2), reverse('abc'), translate('abc', 'ab', 'x');
SELECT concat('a', 'b', 'c'), concat('a', null), concat_ws('-', 'a', null, 'b'), instr('Spark', 'ar'), locate('ar', 'Spark');
SELECT split('a1b2c', '[0-9]'), regexp_replace('a1b2', '[0-9]', '#'), regexp_replace('ab', '(a)(b)', '$2$1x'), regexp_extract('k=v', '(.)=(.)', 2);
SELECT abs(-3), ceil(1.2), floor(-1.2), round(2.5), round(-2.5), round(1.234, 2), pow(2, 10), sqrt(2), ln(0), log10(100);
SELECT greatest(1, 3, 2), least('b', 'a'), coalesce(null, 1), nvl(null, 'x'), nullif(1, 1), isnull(null), md5('a'), sha2('a', 256), crc32('a'), hex(255);
SELECT year('2024-02-29'), quarter('2024-02-29'), month('2024-02-29'), day('2024-02-29'), dayofweek('2024-02-29'), dayofyear('2024-02-29'), weekofyear('2024-02-29'), hour('2024-02-29 12:34:56'), second('2024-02-29 12:34:56');
SELECT date_add('2024-02-28', 2), date_sub('2024-03-01', 1), datediff('2024-03-01', '2024-02-28'), add_months('2024-01-31', 1), last_day('2024-02-01'), next_day('2024-02-29', 'Mon'), trunc('2024-02-29', 'MM');
SELECT date_trunc('hour', '2024-02-29 12:34:56'), date_format('2024-02-29 15:04:05', 'EEE, d MMM yyyy h:mm a'), to_date('29/02/2024', 'dd/MM/yyyy'), to_timestamp('20240229 1504', 'yyyyMMdd HHmm'), from_unixtime(0), unix_timestamp('1970-01-02', 'yyyy-MM-dd');
SELECT array(1, 2)[0], array(1, 2)[2], size(array(1, 2, 3)), array_contains(array(1, 2), 2), s.b FROM (SELECT named_struct('a', 1, 'b', 'x') AS s);
SELECT explode(array(1, 2, 3)) AS n;
SELECT count(*), count(n), sum(n), avg(n), min(n), max(n), count(DISTINCT n), collect_list(n) FROM VALUES (1), (2), (2), (null) AS t(n);
SELECT avg(d), sum(d), max(d) FROM VALUES (1.10), (2.20) AS t(d);
SELECT a, row_number() OVER (ORDER BY a) AS r, sum(a) OVER (ORDER BY a) AS s, lag(a) OVER (ORDER BY a) AS l FROM VALUES (1), (2), (3) AS t(a) ORDER BY a;
SELECT make_coffee(1);
SELECT year(1, 2);
SELECT date_format('2024-01-01', 'ww')",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_run_as_spark_runs_them() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "CREATE TABLE people (id INT, name STRING, city STRING, born DATE) USING parquet;
INSERT INTO people VALUES (1, 'Ann', 'Bonn', '1990-01-02'), (2, 'Béla', null, '1985-05-05'), (3, '漢字', 'Rome', null);
SELECT * FROM people ORDER BY city;
SELECT * FROM people ORDER BY city DESC, ID;
SELECT NAME, City AS Town FROM People WHERE `ID` = 2;
SELECT city, count(*) AS n FROM people GROUP BY city HAVING count(*) > 0 ORDER BY n, city;
WITH grown AS (SELECT * FROM people WHERE born < '1989-01-01') SELECT g.name FROM grown g;
SELECT p.name, q.name FROM people p LEFT JOIN people q ON p.id = q.id + 1 ORDER BY p.id;
SELECT name FROM people WHERE id IN (SELECT max(id) FROM people);
SELECT name FROM people p LEFT ANTI JOIN (SELECT 1 AS id) q ON p.id = q.id ORDER BY 1;
SELECT id FROM people UNION SELECT 3 UNION ALL SELECT 9 ORDER BY id LIMIT 3;
SELECT city, count(*) FROM people GROUP BY city WITH ROLLUP ORDER BY city, 2;
SELECT id, name FROM people WHERE name LIKE '%字%' OR city IS NULL ORDER BY id;
SELECT a.col1, a.col2 FROM VALUES (1, 'x'), (2, 'y') a;
SELECT *, 1 AS one FROM people WHERE id = 1",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_tables_and_views_are_defined_and_shown() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "CREATE DATABASE Shop COMMENT 'what is sold';
CREATE DATABASE shop;
CREATE DATABASE IF NOT EXISTS shop;
SHOW DATABASES;
DESCRIBE DATABASE shop;
CREATE TABLE shop.orders (id BIGINT COMMENT 'number', price DECIMAL(10,2), tags ARRAY<STRING>, buyer STRUCT<name: STRING, age: INT>) COMMENT 'all of them' TBLPROPERTIES ('team' = 'sales');
CREATE TABLE shop.orders (id INT);
CREATE TABLE IF NOT EXISTS shop.orders (id INT);
SHOW TABLES IN shop;
SHOW COLUMNS IN shop.orders;
DESCRIBE shop.orders;
DESCRIBE EXTENDED shop.orders;
SHOW CREATE TABLE shop.orders;
SHOW TBLPROPERTIES shop.orders;
INSERT INTO shop.orders SELECT 1, 9.99, array('a', 'b'), named_struct('name', 'Ann', 'age', 33);
INSERT INTO shop.orders (id) VALUES (2);
SELECT id, price, tags, buyer, buyer.name, tags[1] FROM shop.orders ORDER BY id;
ALTER TABLE shop.orders ADD COLUMNS (note STRING COMMENT 'free text');
SELECT id, note FROM shop.orders ORDER BY id;
ALTER TABLE shop.orders CHANGE COLUMN id COMMENT 'order number';
ALTER TABLE shop.orders SET TBLPROPERTIES ('team' = 'web', 'tier' = '1');
SHOW TBLPROPERTIES shop.orders ('team');
CREATE VIEW shop.cheap (number, price) AS SELECT id, price FROM shop.orders WHERE price < 10;
SELECT * FROM shop.cheap;
CREATE OR REPLACE VIEW shop.cheap AS SELECT id AS number FROM shop.orders;
SELECT * FROM shop.cheap ORDER BY number;
SHOW VIEWS IN shop;
DROP TABLE shop.cheap;
DROP VIEW shop.cheap;
ALTER TABLE shop.orders RENAME TO shop.sales;
SELECT count(*) FROM shop.sales;
CREATE TABLE shop.copy AS SELECT id, price * 2 AS twice FROM shop.sales;
SELECT * FROM shop.copy ORDER BY id;
CREATE TABLE shop.same LIKE shop.copy;
SHOW TABLES IN shop LIKE '*a*';
TRUNCATE TABLE shop.copy;
SELECT count(*) FROM shop.copy;
DROP DATABASE shop;
DROP TABLE shop.copy;
DROP TABLE shop.copy;
DROP TABLE IF EXISTS shop.copy;
DROP DATABASE shop CASCADE;
SHOW TABLES IN shop",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_four_formats_keep_what_is_written() {
    let mut scene = Scene::new().await;
    for format in ["csv", "json", "parquet", "orc"] {
        scene
            .note_all(&format!(
                "CREATE TABLE t_{format} (i INT, d DOUBLE, s STRING, b BOOLEAN, day DATE, at TIMESTAMP) USING {format} OPTIONS (path 'obs://lake/{format}');
INSERT INTO t_{format} VALUES (1, 1.5, 'plain', true, '2024-02-29', '2024-02-29 12:30:00.5'), (2, null, 'a,b \"c\" \\\\ d', false, null, null), (null, null, '', null, null, null);
SELECT * FROM t_{format} ORDER BY i;
INSERT OVERWRITE TABLE t_{format} SELECT i + 10, d, s, b, day, at FROM t_{format} WHERE i = 1;
SELECT i, s FROM t_{format};
SHOW CREATE TABLE t_{format}"
            ))
            .await;
    }
    scene
        .note_all(
            "CREATE TABLE bad_orc (price DECIMAL(10,2)) USING orc OPTIONS (path 'obs://lake/bad');
CREATE TABLE bad_csv (tags ARRAY<INT>) USING csv OPTIONS (path 'obs://lake/bad');
CREATE TABLE semi (a STRING, b INT) USING csv OPTIONS (path 'obs://lake/semi', header 'true', delimiter ';', nullValue 'NULL');
INSERT INTO semi VALUES ('x;y', 1), (null, null);
SELECT * FROM semi ORDER BY b;
CREATE TABLE taken USING csv OPTIONS (path 'obs://lake/semi', header 'true', delimiter ';');
DESCRIBE taken;
CREATE TABLE inferred USING parquet OPTIONS (path 'obs://lake/parquet');
DESCRIBE inferred;
CREATE TABLE avro_ (a INT) USING avro OPTIONS (path 'obs://lake/avro')",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_that_does_not_fit_is_null_as_in_spark() {
    let mut scene = Scene::new().await;
    let folder = scene.emulator.buckets().unwrap().join("lake/raw");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("one.csv"), "1,2024-02-29,x\nnone,never,\n3\n4,2024-01-01,y,more\n")
        .unwrap();
    std::fs::write(folder.join("_SUCCESS"), "").unwrap();
    scene
        .note_all(
            "CREATE TABLE raw (n INT, day DATE, note STRING) USING csv OPTIONS (path 'obs://lake/raw');
SELECT * FROM raw",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_written_listed_changed_and_dropped() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "CREATE TABLE sales (id INT, price DECIMAL(6,2), day DATE, shop STRING) USING parquet PARTITIONED BY (day, shop);
INSERT INTO sales PARTITION (day = '2024-01-01', shop = 'a') VALUES (1, 1.10), (2, 2.20);
INSERT INTO sales PARTITION (day = '2024-01-02', shop) VALUES (3, 3.30, 'b'), (4, 4.40, null);
INSERT INTO sales VALUES (5, 5.50, '2024-01-03', 'x/y=z');
SHOW PARTITIONS sales;
SHOW PARTITIONS sales PARTITION (day = '2024-01-02');
SELECT * FROM sales ORDER BY id;
SELECT id FROM sales WHERE day = '2024-01-02' AND shop IS NULL;
INSERT OVERWRITE TABLE sales PARTITION (day = '2024-01-01', shop = 'a') VALUES (9, 9.90);
SELECT id, day FROM sales ORDER BY id;
INSERT OVERWRITE TABLE sales PARTITION (day = '2024-01-02', shop) VALUES (7, 7.70, 'c');
SHOW PARTITIONS sales;
ALTER TABLE sales ADD PARTITION (day = '2024-02-01', shop = 'n');
ALTER TABLE sales ADD PARTITION (day = '2024-02-01', shop = 'n');
ALTER TABLE sales ADD IF NOT EXISTS PARTITION (day = '2024-02-01', shop = 'n');
ALTER TABLE sales PARTITION (day = '2024-01-01', shop = 'a') RENAME TO PARTITION (day = '2024-01-01', shop = 'z');
ALTER TABLE sales DROP PARTITION (day = '2024-01-03');
ALTER TABLE sales DROP PARTITION (day = '2030-01-01');
SHOW PARTITIONS sales;
SELECT id, shop FROM sales ORDER BY id;
DESCRIBE sales;
SHOW CREATE TABLE sales;
TRUNCATE TABLE sales PARTITION (day = '2024-01-02');
SELECT id FROM sales;
INSERT OVERWRITE TABLE sales VALUES (1, 1.00, '2025-01-01', 'only');
SHOW PARTITIONS sales;
CREATE TABLE typed (id INT) USING csv OPTIONS (path 'obs://lake/typed') PARTITIONED BY (dt STRING);
INSERT INTO typed PARTITION (dt = 'one') VALUES (1);
CREATE TABLE again (id INT, dt STRING) USING csv OPTIONS (path 'obs://lake/typed') PARTITIONED BY (dt);
SELECT * FROM again;
MSCK REPAIR TABLE again;
SELECT * FROM again;
INSERT INTO sales PARTITION (town = 'x') VALUES (1)",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sql_is_told_with_its_code_and_place() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "CREATE TABLE t (id INT, name STRING);
SELEC 1;
SELECT FROM t WHERE;
SELECT 'open;
SELECT * FROM nowhere;
SELECT * FROM nowhere.t;
SELECT id, nam FROM t;
SELECT t.id FROM t JOIN t AS u ON name = name;
SELECT id, count(*) FROM t;
SELECT * FROM t WHERE id + 'a' > name AND sum(id) > 1;
SELECT upper(id, 2) FROM t;
INSERT INTO t VALUES (1);
INSERT INTO t (id, nam) VALUES (1, 'x');
SELECT 1 UNION SELECT 1, 2;
SELECT (SELECT id, name FROM t);
SELECT 1; SELECT 2;
CREATE TABLE u (a POINT);
CREATE TABLE u (a DECIMAL(40, 2));
CREATE TABLE `a/b` (a INT);
SELECT 1.5D;
SELECT ?",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_run_here_is_refused_by_name() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "CREATE TABLE t (id INT, tags ARRAY<INT>);
UPDATE t SET id = 1;
DELETE FROM t;
MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE;
LOAD DATA INPATH 'obs://a/b' INTO TABLE t;
GRANT SELECT_TABLE ON tables.t TO USER someone;
CACHE TABLE t;
ANALYZE TABLE t COMPUTE STATISTICS;
CREATE FUNCTION f AS 'com.example.F';
SET spark.sql.ansi.enabled = true;
USE default;
SELECT * FROM t LATERAL VIEW explode(tags) x AS tag;
SELECT * FROM t TABLESAMPLE (10 PERCENT);
SELECT id FROM t DISTRIBUTE BY id;
SELECT id FROM t SORT BY id;
SELECT * FROM parquet.`obs://lake/x`;
SELECT * FROM range(5);
SELECT * FROM a.b.c;
INSERT OVERWRITE DIRECTORY 'obs://a/b' SELECT 1;
CREATE EXTERNAL TABLE e (a INT) STORED AS ORC;
CREATE TABLE c (a INT) USING csv OPTIONS (path 'obs://lake/c', mode 'FAILFAST');
CREATE TABLE c (a INT) USING csv OPTIONS (path 'obs://lake/../../etc');
CREATE TABLE c (a INT) USING csv OPTIONS (path 'file:///etc/passwd');
CREATE TABLE c (a INT NOT NULL)",
        )
        .await;
    assert_transcript!(scene);
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_meet_become_what_spark_makes_of_them() {
    let mut scene = Scene::new().await;
    scene
        .note_all(
            "SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1;
SELECT 1 UNION ALL SELECT 'a' ORDER BY 1;
SELECT coalesce(1, 2.5), CASE WHEN true THEN 1 ELSE 2.5 END, greatest(1, 2.5), if(true, 1, 2L);
SELECT 12345678901234567890, CAST(12345678901234567890 AS DECIMAL(20,0));
SELECT * FROM VALUES (1), (null), (2) t(x) ORDER BY x NULLS LAST LIMIT 2 OFFSET 1;
SELECT current_date() = to_date(now()), length(uuid()), rand() < 1;
SELECT 'a_b' LIKE 'a\\_b', 'axb' LIKE 'a\\_b', 'a%b' LIKE 'a\\%b';
SELECT initcap('hello-world and MORE'), left('abc', -1), ltrim('  a'), size(null), array(1, 2.5);
SELECT concat(array(1), array(2));
SELECT reverse(array(1, 2));
SELECT 'a' 'b';
SELECT TIMESTAMP '2024-01-02 00:00:00' - TIMESTAMP '2024-01-01 00:00:00';
SELECT DATE '2024-01-31' + INTERVAL 2 HOURS;
SELECT DATE '2024-01-31' + INTERVAL 2 DAYS",
        )
        .await;
    assert_transcript!(scene);
}
