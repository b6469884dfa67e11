-- Calipso's account at the database server of an OpenStack cloud: it may read the addresses of tunnel ends, nothing else.
--
--   mysql < mysql-readonly.sql
--
-- It is optional: an environment without a mysql section is scanned from the APIs alone, and then the UDP port of tunnels
-- is the usual one of their type. Change the password, '%' to the address that Calipso connects from, and the name of
-- Neutron's schema where it is another one.

CREATE USER 'calipso'@'%' IDENTIFIED BY 'change-me';
GRANT SELECT ON neutron.ml2_vxlan_endpoints TO 'calipso'@'%';
GRANT SELECT ON neutron.ml2_gre_endpoints TO 'calipso'@'%';
GRANT SELECT ON neutron.ml2_geneve_endpoints TO 'calipso'@'%';
