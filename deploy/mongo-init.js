// Makes the replica set of one member and the user of the server, unless they are there. Run by mongosh --nodb.
const password = (name) => require("fs").readFileSync(`/run/secrets/${name}`, "utf8").trim();

const connection = new Mongo(`mongodb://admin:${encodeURIComponent(password("mongo_root"))}@mongo:27017/admin?directConnection=true`);
const admin = connection.getDB("admin");

try {
    admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
    if (error.codeName !== "NotYetInitialized") throw error;
    admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
    print("replica set rs0 made");
}

for (let waited = 0; !admin.adminCommand({ hello: 1 }).isWritablePrimary; waited += 1) {
    if (waited > 60) throw new Error("there is no primary after a minute");
    sleep(1000);
}

const farebus = connection.getDB("farebus");
// readWrite for the server's work; dbAdmin so that 'farebus store init' may change validators.
const user = {
    pwd: password("mongo_farebus"),
    roles: [{ role: "readWrite", db: "farebus" }, { role: "dbAdmin", db: "farebus" }],
};
if (farebus.getUser("farebus") === null) {
    farebus.createUser({ user: "farebus", ...user });
    print("user farebus made");
} else {
    farebus.updateUser("farebus", user);
}
