package slapdtest

// configuration of a server in a folder. Who has not logged in sees nothing; everybody reads their own entry.
const configuration = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCertificateFile %[1]s/server.pem
TLSCertificateKeyFile %[1]s/server.key
threads 2
database mdb
maxsize 10485760
suffix dc=example,dc=org
directory %[1]s/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=example,dc=org" read by self read by * none
`

// people are a directory's entries: passwords that need care, names that would change a filter or a DN if they were not
// escaped, and groups of the same name in several places.
const people = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=reader,dc=example,dc=org
objectClass: person
cn: reader
sn: reader
userPassword: reader's secret

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=far,ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: far

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: uid=alice,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
uid: aliceb
cn: Alice
sn: B
userPassword:: cGFzczp3b3JkIOKckw==
memberOf: cn=net admins,ou=groups,dc=example,dc=org

dn: uid=bob,ou=far,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
userPassword: bob's secret

dn: uid=carol,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: carol
cn: Carol
sn: C

dn: uid=a*(b)\5C\2Cc=d\2Be\3C\22\C3\A9,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid:: YSooYilcLGM9ZCtlPCLDqQ==
cn: odd
sn: odd
userPassword: odd secret

dn: uid=twin,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: twin
cn: twin
sn: twin
userPassword: twin secret

dn: uid=twin,ou=far,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: twin
cn: twin
sn: twin
userPassword: twin secret

dn: uid=robot,ou=people,dc=example,dc=org
objectClass: account
objectClass: simpleSecurityObject
uid: robot
userPassword: robot secret

dn: cn=net admins,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: net admins
member: uid=alice,ou=people,dc=example,dc=org

dn: cn=viewers,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: viewers
member: uid=alice,ou=people,dc=example,dc=org
member: uid=bob,ou=far,ou=people,dc=example,dc=org

dn: cn=staff,ou=groups,dc=example,dc=org
objectClass: posixGroup
cn: staff
gidNumber: 100
memberUid: alice
`
