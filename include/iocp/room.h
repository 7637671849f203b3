// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client.h>
#include <iocp/shared_bytes.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace iocp {

// Clients that are told the same: a chat's room, a match, the subscribers of a topic.
//   const auto seat = room.Join(client);    in the handler, until the end of its scope
//   room.Post("hello, everybody\n");        from any thread
//
// Owner: yours; it must outlive its seats. Thread rule: any thread.
class Room {
    using Members = std::list<std::shared_ptr<IOCP_Client>>;

public:
    // A client's place in a room, which it leaves when this is destroyed.
    class [[nodiscard]] Seat {
    public:
        Seat(Seat&& other) noexcept : room_(std::exchange(other.room_, nullptr)), place_(other.place_) {}
        Seat& operator=(Seat&&) = delete;
        ~Seat() {
            if (room_ != nullptr) room_->Leave(place_);
        }

    private:
        friend class Room;
        Seat(Room& room, Members::iterator place) noexcept : room_(&room), place_(place) {}

        Room* room_;
        Members::iterator place_;
    };

    Room() = default;
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    Seat Join(IOCP_Client& client);

    // Posts `bytes` to every client in the room, the same bytes to all and in the same order as to each other; yields
    // for how many they are queued. Never waits: see IOCP_Client::Post.
    std::size_t Post(const SharedBytes& bytes);

    // The same to all but one, who knows it already.
    std::size_t PostToOthers(const IOCP_Client& one, const SharedBytes& bytes);

    [[nodiscard]] std::size_t Size() const;

private:
    void Leave(Members::iterator place);

    mutable std::mutex mutex_;
    Members members_;
};

}  // namespace iocp
