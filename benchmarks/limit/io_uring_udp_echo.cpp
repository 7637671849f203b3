// SPDX-License-Identifier: MIT
// The least that a UDP echo server on io_uring can do: one receive that goes on for ever takes a buffer for each
// datagram, which is sent from there; one system call for each turn. What it can't do: stop.
#include "listening.h"

#include <liburing.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace {

using limit::Fail;

constexpr unsigned kEntries = 1'024;
constexpr unsigned kBuffers = 256;
constexpr std::size_t kLongest = 2'048;  // with the sender's address before it
constexpr std::uint64_t kReceive = kBuffers;

int udp;
io_uring ring;
io_uring_buf_ring* provided;
int given_back = 0;  // in this turn
std::array<std::array<char, kLongest>, kBuffers> memory;
std::array<msghdr, kBuffers> answers;
std::array<iovec, kBuffers> parts;
msghdr shape{};  // of what is received

void Check(int code, const char* what) {
    errno = -code;
    if (code < 0) Fail(what);
}

io_uring_sqe& NextEntry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    while (entry == nullptr) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    return *entry;
}

void Provide(std::uint16_t place) {
    io_uring_buf_ring_add(provided, memory[place].data(), kLongest, place, io_uring_buf_ring_mask(kBuffers),
                          given_back++);
}

void Receive() {
    io_uring_sqe& entry = NextEntry();
    io_uring_prep_recvmsg_multishot(&entry, udp, &shape, 0);
    entry.flags |= IOSQE_BUFFER_SELECT;
    io_uring_sqe_set_data64(&entry, kReceive);
}

void Answer(std::uint16_t place, int size) {
    io_uring_recvmsg_out* const out = io_uring_recvmsg_validate(memory[place].data(), size, &shape);
    parts[place] = {io_uring_recvmsg_payload(out, &shape), io_uring_recvmsg_payload_length(out, size, &shape)};
    answers[place] = {};
    answers[place].msg_name = io_uring_recvmsg_name(out);
    answers[place].msg_namelen = out->namelen;
    answers[place].msg_iov = &parts[place];
    answers[place].msg_iovlen = 1;
    io_uring_sqe& entry = NextEntry();
    io_uring_prep_sendmsg(&entry, udp, &answers[place], 0);
    io_uring_sqe_set_data64(&entry, place);
}

void OnEnded(const io_uring_cqe& completion) {
    if (completion.user_data != kReceive) return Provide(static_cast<std::uint16_t>(completion.user_data));
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0)
        Answer(static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT), completion.res);
    if ((completion.flags & IORING_CQE_F_MORE) == 0) Receive();
}

void SetUp() {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 4 * kEntries;
    Check(io_uring_queue_init_params(kEntries, &ring, &parameters), "io_uring_queue_init");

    const std::size_t size = kBuffers * sizeof(io_uring_buf);
    void* const pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    provided = static_cast<io_uring_buf_ring*>(pages);
    io_uring_buf_ring_init(provided);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(pages);
    registration.ring_entries = kBuffers;
    Check(io_uring_register_buf_ring(&ring, &registration, 0), "io_uring_register_buf_ring");
    for (std::uint16_t place = 0; place < kBuffers; ++place) Provide(place);
    shape.msg_namelen = sizeof(sockaddr_in);
}

}  // namespace

int main() {
    udp = limit::OpenSocket(SOCK_DGRAM);
    SetUp();
    Receive();
    for (;;) {
        io_uring_buf_ring_advance(provided, given_back);
        given_back = 0;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_cqe* completion = nullptr;
        unsigned head = 0;
        unsigned count = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            ++count;
            OnEnded(*completion);
        }
        io_uring_cq_advance(&ring, count);
    }
}
