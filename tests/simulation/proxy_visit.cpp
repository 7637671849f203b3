// SPDX-License-Identifier: MIT
#include "proxy_visit.h"

#include <algorithm>
#include <charconv>

using namespace std::chrono_literals;
using iocp::Endpoint;
using iocp::detail::Random;

namespace {

template <class Choice>
Choice Choose(Random& chance) {
    return static_cast<Choice>(chance.Below(static_cast<std::uint64_t>(Choice::Count)));
}

// No two places look the same.
std::string Bytes(Random& chance, std::size_t size) {
    std::string bytes(size, '\0');
    Random letters(chance.Below(1'000));
    for (char& each : bytes) each = static_cast<char>(letters.Next());
    return bytes;
}

std::size_t SomeSize(Random& chance) { return chance.Below(chance.Chance(0.2) ? 20'000 : 500); }

std::string AddressOf(const Endpoint& endpoint) {
    std::string text = endpoint.ToString();
    text.resize(text.rfind(':'));
    return text.front() == '[' ? text.substr(1, text.size() - 2) : text;
}

std::string TwoBytes(std::size_t number) {
    return {static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
}

Endpoint SomeEndpoint(Random& chance, Endpoint::Family family) {
    std::array<std::uint8_t, 16> bytes{};
    const std::size_t size = family == Endpoint::Family::V4 ? 4 : 16;
    for (std::size_t i = 0; i < size; ++i) bytes.at(i) = static_cast<std::uint8_t>(1 + chance.Below(255));
    return {family, bytes, static_cast<std::uint16_t>(chance.Below(65'536))};
}

Route SomeRoute(Random& chance) {
    const auto family = chance.Chance(0.5) ? Endpoint::Family::V4 : Endpoint::Family::V6;
    const Endpoint from = SomeEndpoint(chance, family);
    return {from, SomeEndpoint(chance, family)};
}

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

}  // namespace

std::string_view NameOf(Manner manner) noexcept {
    switch (manner) {
        case Manner::EndsFirst: return "ends_first";
        case Manner::EndsLast: return "ends_last";
        case Manner::Pauses: return "pauses";
        case Manner::Closes: return "closes";
        case Manner::Resets: return "resets_itself";
        case Manner::Silent: return "silent";
        case Manner::Count: break;
    }
    return "unknown";
}

std::string_view NameOf(Mood mood) noexcept {
    switch (mood) {
        case Mood::AnswersAtOnce: return "answers_at_once";
        case Mood::AnswersLast: return "answers_last";
        case Mood::Slow: return "slow";
        case Mood::Breaks: return "breaks";
        case Mood::Count: break;
    }
    return "unknown";
}

std::string_view NameOf(Introduction introduction) noexcept {
    switch (introduction) {
        case Introduction::Line: return "header_1";
        case Introduction::Binary: return "header_2";
        case Introduction::UnknownLine: return "header_1_unknown";
        case Introduction::LocalBinary: return "header_2_local";
        case Introduction::Wrong: return "header_wrong";
        case Introduction::Count: break;
    }
    return "unknown";
}

std::string HeaderText(unsigned version, const Route& route) {
    if (version == 0) return "";
    const bool v4 = route.from.AddressFamily() == Endpoint::Family::V4;
    if (version == 1)
        return std::string("PROXY ") + (v4 ? "TCP4 " : "TCP6 ") + AddressOf(route.from) + " " + AddressOf(route.to) +
               " " + std::to_string(route.from.Port()) + " " + std::to_string(route.to.Port()) + "\r\n";
    const std::size_t size = v4 ? 4 : 16;
    std::string header = kSignature + (v4 ? "\x21\x11" : "\x21\x21") + TwoBytes(2 * size + 4);
    for (const Endpoint& end : {route.from, route.to})
        header.append(reinterpret_cast<const char*>(end.AddressBytes().data()), size);
    return header + TwoBytes(route.from.Port()) + TwoBytes(route.to.Port());
}

ProxyVisit::ProxyVisit(std::size_t number, Random& chance)
    : manner(chance.Chance(0.5) ? static_cast<Manner>(chance.Below(3)) : Choose<Manner>(chance)),
      mood(chance.Chance(0.5) ? static_cast<Mood>(chance.Below(3)) : Choose<Mood>(chance)),
      introduction(Choose<Introduction>(chance)),
      route(SomeRoute(chance)),
      asks(std::to_string(number) + ";" + Bytes(chance, SomeSize(chance))),
      answer(Bytes(chance, SomeSize(chance))),
      piece_(1 + chance.Below(asks.size())) {
    if (mood == Mood::AnswersLast && manner == Manner::EndsLast) manner = Manner::EndsFirst;  // or both would wait
}

void ProxyVisit::Introduce() {
    introduced = true;
    switch (introduction) {
        case Introduction::Line: return peer->Write(HeaderText(1, route));
        case Introduction::Binary: return peer->Write(HeaderText(2, route));
        case Introduction::UnknownLine: return peer->Write("PROXY UNKNOWN\r\n");
        case Introduction::LocalBinary: return peer->Write(kSignature + std::string("\x20\0\0\0", 4));
        case Introduction::Wrong: return peer->Write("GET / HTTP/1.1\r\n\r\n");
        case Introduction::Count: return;
    }
}

std::string ProxyVisit::HeaderBehind(unsigned version, const Endpoint& proxy) const {
    const bool believed = introduced && (introduction == Introduction::Line || introduction == Introduction::Binary);
    return HeaderText(version, believed ? route : Route{peer->Local(), proxy});
}

void ProxyVisit::Speak() {
    const std::size_t step = next_++;
    heard += peer->Read();
    if (manner == Manner::Silent) {
        done_ = true;
    } else if (said_ < asks.size()) {
        if (step == 1 && manner == Manner::Pauses) peer->StopReading();
        peer->Write(std::string_view(asks).substr(said_, piece_));
        said_ += std::min(piece_, asks.size() - said_);
    } else {
        End();
    }
}

void ProxyVisit::End() {
    done_ = true;
    if (manner == Manner::EndsLast) return;
    if (manner == Manner::Closes) return peer->Close();
    if (manner == Manner::Resets) return peer->Reset();
    peer->ShutdownSend();
    peer->GoOnReading();
}

iocp::Task<> ServerBehind::ProcedureClient(IOCP_Client& client) {
    std::string header;
    if (!co_await ReadHeader(client, header)) co_return;
    const auto number = co_await client.RecvUntil(";", 8);
    if (!number) co_return;
    std::size_t index = visits_.size();
    std::from_chars(number.Text().data(), number.Text().data() + number.Text().size(), index);
    if (index >= visits_.size()) throw std::runtime_error("somebody comes whom nobody sent");
    ProxyVisit& visit = visits_[index];
    ++visit.connections;
    visit.header_behind = header;
    visit.asked_behind = std::to_string(index) + ";";
    iocp::Event heard_all;
    co_await iocp::All(Hear(client, visit, heard_all), Answer(client, visit, heard_all));
}

iocp::Task<bool> ServerBehind::ReadHeader(IOCP_Client& client, std::string& header) {
    if (header_version_ == 0) co_return true;
    if (header_version_ == 1) {
        const auto line = co_await client.RecvUntil("\r\n", 107);
        if (line) header = std::string(line.Text()) + "\r\n";
        co_return static_cast<bool>(line);
    }
    const auto head = co_await client.RecvExactly(16);
    if (!head) co_return false;
    header = head.Text();
    const auto rest = co_await client.RecvExactly(static_cast<unsigned char>(header[15]));
    if (rest) header += rest.Text();
    co_return static_cast<bool>(rest);
}

iocp::Task<> ServerBehind::Hear(IOCP_Client& client, ProxyVisit& visit, iocp::Event& heard_all) {
    while (visit.end_behind == iocp::Outcome::Ok) {
        if (visit.mood == Mood::Breaks && visit.asked_behind.size() * 2 > visit.asks.size()) client.Close();
        if (visit.mood == Mood::Slow) co_await iocp::Sleep(20ms);
        const auto more = co_await client.Recv();
        visit.asked_behind += more.Text();
        visit.end_behind = more.Why();
    }
    heard_all.Set();
}

iocp::Task<> ServerBehind::Answer(IOCP_Client& client, const ProxyVisit& visit, iocp::Event& heard_all) {
    const bool last = visit.mood == Mood::AnswersLast;
    if (last) co_await heard_all.Wait();
    const auto sent = co_await client.Send(visit.answer);
    if (!sent) co_return client.Close();
    client.FinishSending();
}
