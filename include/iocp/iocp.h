// SPDX-License-Identifier: MIT
// The public interface, but for iocp/file.h, which takes in <filesystem>, and iocp/simulation.h.
#pragma once

#include <iocp/channel.h>
#include <iocp/client.h>
#include <iocp/connect.h>
#include <iocp/core.h>
#include <iocp/datagram_socket.h>
#include <iocp/endpoint.h>
#include <iocp/event.h>
#include <iocp/frame.h>
#include <iocp/group.h>
#include <iocp/limits.h>
#include <iocp/offload.h>
#include <iocp/operation.h>
#include <iocp/operation_manager.h>
#include <iocp/options.h>
#include <iocp/protocol.h>
#include <iocp/received.h>
#include <iocp/relay.h>
#include <iocp/result.h>
#include <iocp/room.h>
#include <iocp/semaphore.h>
#include <iocp/shared_bytes.h>
#include <iocp/task.h>
#include <iocp/time.h>
