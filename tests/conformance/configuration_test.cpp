// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using ConfigurationTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ConfigurationTest, EveryEngine(), NameOfEngine);

namespace {

// What the start says, where it fails.
std::string Refusal(const iocp::Listener& listener, const iocp::Options& options) {
    IOCP_CORE core({listener}, options);
    try {
        core.Start(1);
    } catch (const iocp::StartError& error) {
        EXPECT_FALSE(core.IsRunning());
        return error.what();
    }
    return "it started";
}

bool Says(const std::string& text, const std::vector<std::string>& words) {
    for (const auto& word : words)
        if (text.find(word) == std::string::npos) return false;
    return true;
}

}  // namespace

TEST_P(ConfigurationTest, APortInUseIsNamedWithARemedy) {
    Serve({Tcp(Echo), Udp(Echo)});
    for (const std::size_t taken : {0U, 1U}) {
        auto listener = taken == 0 ? Tcp(Echo) : Udp(Echo);
        listener.port = Where(taken).Port();

        const std::string refusal = Refusal(listener, options);

        EXPECT_TRUE(Says(refusal, {taken == 0 ? "tcp" : "udp", Where(taken).ToString(), "EADDRINUSE", "another port"}))
            << refusal;
    }
}

TEST_P(ConfigurationTest, ACoreThatCouldNotStartMayStartLater) {
    constexpr const char* kOurs = "127.0.0.44";  // where no test beside this one takes the port meanwhile
    Serve(Tcp(Echo, kOurs));
    auto listener = Tcp(Echo, kOurs);
    listener.port = Where().Port();
    IOCP_CORE second({Tcp(Echo), listener}, options);
    EXPECT_THROW(second.Start(1), iocp::StartError);

    core->Stop();
    second.Start(1);

    Peer peer(second.Listening(1));
    peer.Send("x");
    EXPECT_EQ(peer.Receive(1), "x");
}

TEST_P(ConfigurationTest, AnAddressThatIsNoneIsNamedWithARemedy) {
    for (const char* address : {"localhost", "127.0.0", "", "1.2.3.4.5", "[::1]"}) {
        const std::string refusal = Refusal(Tcp(Echo, address), options);
        EXPECT_TRUE(Says(refusal, {std::string("\"").append(address).append("\""), "numeric", "127.0.0.1"})) << refusal;
    }
}

TEST_P(ConfigurationTest, AnAddressOfAnotherMachineIsNamedWithARemedy) {
    const std::string refusal = Refusal(Tcp(Echo, "192.0.2.1"), options);

    EXPECT_TRUE(Says(refusal, {"192.0.2.1", "EADDRNOTAVAIL", "* for all"})) << refusal;
}

TEST_P(ConfigurationTest, AnEngineOfAnotherSystemIsNamedWithARemedy) {
    for (const auto engine : ForeignEngines()) {
        options.engine = engine;
        const std::string refusal = Refusal(Tcp(Echo), options);
        EXPECT_TRUE(Says(refusal, {std::string(ToString(engine)), "only available on", "ask for auto"})) << refusal;
    }
}

TEST_P(ConfigurationTest, EveryEngineHasAName) {
    for (const auto engine :
         {iocp::EngineKind::Auto, iocp::EngineKind::Iocp, iocp::EngineKind::IoUring, iocp::EngineKind::Epoll})
        EXPECT_EQ(iocp::ParseEngineKind(ToString(engine)), engine);
    EXPECT_EQ(iocp::ParseEngineKind("kqueue"), std::nullopt);
}

TEST_P(ConfigurationTest, APortGivenByTheSystemIsTold) {
    Serve({Tcp(Echo), Udp(Echo), Tcp(Echo)});

    EXPECT_NE(Where(0).Port(), 0);
    EXPECT_NE(Where(1).Port(), 0);
    EXPECT_NE(Where(0).Port(), Where(2).Port());
}

TEST_P(ConfigurationTest, ACoreMayHaveNoListenerAtAll) {
    Serve(std::vector<iocp::Listener>());

    core->Spawn([](Conformance& test) -> Task<> {
        test.notes.Write("alive");
        co_return;
    }(*this));

    EXPECT_EQ(notes.Next(), "alive");
}

}  // namespace iocp_test
