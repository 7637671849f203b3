// SPDX-License-Identifier: MIT
// Echo on Node's net and dgram modules.
//   node node_echo.js [udp]
if (process.argv[2] === 'udp') {
    const socket = require('dgram').createSocket('udp4');
    socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
    socket.bind(0, '127.0.0.1', () => console.log(`listening on udp 127.0.0.1:${socket.address().port}`));
} else {
    const server = require('net').createServer({ noDelay: true }, (connection) => {
        connection.on('error', () => connection.destroy());
        connection.pipe(connection);
    });
    server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on tcp 127.0.0.1:${server.address().port}`));
}
