// SPDX-License-Identifier: MIT
#pragma once

#include <winsock2.h>
// after winsock2.h
#include <mswsock.h>
#include <windows.h>
#include <ws2tcpip.h>
