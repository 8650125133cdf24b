-- A database and a role for each service; only the owner may connect, and records sort
-- by code point. `notifications` last: its being there means all are.
CREATE ROLE enrollment LOGIN PASSWORD 'local';
CREATE DATABASE enrollment OWNER enrollment TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE enrollment FROM PUBLIC;

CREATE ROLE invoicing LOGIN PASSWORD 'local';
CREATE DATABASE invoicing OWNER invoicing TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE invoicing FROM PUBLIC;

CREATE ROLE payments LOGIN PASSWORD 'local';
CREATE DATABASE payments OWNER payments TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE payments FROM PUBLIC;

CREATE ROLE carrier_gateway LOGIN PASSWORD 'local';
CREATE DATABASE carrier_gateway OWNER carrier_gateway TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE carrier_gateway FROM PUBLIC;

CREATE ROLE notifications LOGIN PASSWORD 'local';
CREATE DATABASE notifications OWNER notifications TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE notifications FROM PUBLIC;
