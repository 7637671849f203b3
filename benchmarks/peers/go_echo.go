// SPDX-License-Identifier: MIT
// Echo on Go's net package, one goroutine for each connection.
//
//	go_echo [udp]
package main

import (
	"fmt"
	"net"
	"os"
)

func serve(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 32<<10)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:size]); err != nil {
			return
		}
	}
}

func serveStreams() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("listening on tcp", listener.Addr())
	for {
		if connection, err := listener.Accept(); err == nil {
			go serve(connection)
		}
	}
}

func serveDatagrams() {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	fmt.Println("listening on udp", socket.LocalAddr())
	buffer := make([]byte, 64<<10)
	for {
		if size, from, err := socket.ReadFromUDPAddrPort(buffer); err == nil {
			socket.WriteToUDPAddrPort(buffer[:size], from)
		}
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "udp" {
		serveDatagrams()
	}
	serveStreams()
}
