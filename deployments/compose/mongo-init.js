// Makes Calipso's own user, at the first start of an empty MongoDB.
const password = require('fs').readFileSync('/run/secrets/mongo_password', 'utf8').trim();
db.getSiblingDB('calipso').createUser({user: 'calipso', pwd: password, roles: [{role: 'readWrite', db: 'calipso'}]});
