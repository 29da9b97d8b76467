"""What to do: one sentence each, for who stands before the box in the rain. `{…}` are names that are put in."""

from typing import Final

PYTHON: Final = "Put a 64-bit system with Python 3.11, 3.12 or 3.13 on the box, and install Telltale anew"
MODULES: Final = (
    "Install the kernel's extra modules (Ubuntu: linux-modules-extra-{release}), then sudo modprobe can_raw"
)
SUPPLY: Final = "Use a supply of 5.1 V and 3 A or more with a short, thick cable, and unplug what else draws from USB"
HEAT: Final = "Mount the box in the shade, and give it air or a heat sink"
SLOWED: Final = "Give the board a stronger supply or better cooling"
CLOCK: Final = "Connect it to a network, so that it hears the time, or fit a clock chip (RTC) with its battery"
SYNC: Final = "Let NTP through (UDP port 123), and see timedatectl; until then messages say that their time is unsure"
DISK: Final = "Make room: sudo journalctl --vacuum-size=50M, sudo apt-get clean, or a larger card"
READ_ONLY: Final = "See dmesg, run fsck, and replace the card: it has failed, or lost its power while it was written"
CARD: Final = "Replace the card by one made for endurance before it fails"

CONFIG: Final = "Put it right (systemd/telltale-edge.toml has every field), then telltale-edge check --config {file}"
AS_ROOT: Final = "sudo telltale-edge doctor: only root and the daemon may read it"
ADAPTER: Final = (
    "Plug {device} in, and switch the ignition on, so that it has power; ls /dev/serial/by-id names what is there"
)
GROUP: Final = (
    "sudo usermod -aG {group} {user}, then restart the daemon; sudo telltale-edge install brings the udev rules"
)
CAN_RIGHT: Final = "Let AF_CAN in again in the unit's drop-ins (systemctl cat telltale-edge), or look as root"
STATE: Final = "sudo chown -R {user}: {folder}"
START: Final = "sudo systemctl restart telltale-edge; journalctl -u telltale-edge -n 50 says why it ended"
ENABLE: Final = "sudo systemctl enable --now telltale-edge"
INSTALL: Final = "sudo telltale-edge install puts the service in place"
HANGS: Final = "sudo systemctl restart telltale-edge; keep journalctl -u telltale-edge for whoever mends it"

INTERFACE: Final = "Plug the adapter in, or name the hat in config.txt (dtoverlay=…) and restart; dmesg says more"
RATE: Final = "Write BitRate={bitrate} into 80-{interface}.network, then sudo systemctl restart systemd-networkd"
RATE_UNKNOWN: Final = "sudo telltale-edge setup finds it; or write BitRate= into 80-{interface}.network"
LINK: Final = "sudo ip link set {interface} up; if that does not last, see /etc/systemd/network/80-{interface}.network"
LISTEN_OFF: Final = 'Write ListenOnly=no into 80-{interface}.network, or ask = "nothing" into the configuration'
LISTEN_ON: Final = "Write ListenOnly=yes into 80-{interface}.network: nothing is asked, so nothing has to be sent"
BUS_OFF: Final = (
    "With the ignition off measure 60 Ω between CAN-H and CAN-L and see that they are not exchanged, "
    "then sudo ip link set {interface} down and up"
)
WRONG_RATE: Final = (
    "sudo telltale-edge setup finds the rate (500000 in most cars, 250000 in most trucks); "
    "if none fits, CAN-H and CAN-L are exchanged"
)
WIRING: Final = (
    "With the ignition off measure 60 Ω between CAN-H and CAN-L; take a third terminator off, press plugs home"
)
UNPROVEN: Final = (
    "With the engine running sudo telltale-edge setup, or another BitRate= (250K, 500K): "
    "while it only listens, this controller says nothing of a wrong one"
)
GATEWAY: Final = (
    "With the engine running telltale-edge diagnose --bus {source} --silent-connector --engine-runs; "
    "if somebody answers, write silent_connector = true into [diagnostics]"
)
FRAMES: Final = (
    "Switch the ignition on; then see that CAN-H and CAN-L are at the right pins (OBD: 6 and 14), not exchanged"
)
VIRTUAL: Final = "Start what sends there, such as telltale-edge simulate --vehicle car --bus can:{interface}"
OVERRUNS: Final = (
    "Raise spimaxfrequency of the hat's dtoverlay (10000000), or take a controller with more room (MCP2518FD)"
)
BUFFER: Final = "sudo telltale-edge install brings 60-telltale.sysctl.conf; then sudo sysctl --system"
DROPS: Final = "See in top what else runs, and give the daemon a ring (systemd/samples/telltale-edge-ring.conf)"
READING: Final = "See that {source} is right and that nobody else has it; the daemon tries again by itself"
UNDERSTOOD: Final = "telltale-edge record --bus {source} --out drive.log, then telltale-edge profile suggest drive.log"

VOLTAGE: Final = "Charge the vehicle's battery and measure it at its poles; see the fuse and the ground of the socket"
POLLING: Final = "With the engine running telltale-edge diagnose --bus {source} says who answers"
MODELS: Final = "telltale-edge check --config {file} says what is wrong with it: mend it, or take it out of [detect]"
RULES: Final = "telltale-edge check --config {file} names them: mend them, or take them out of [detect]"
UNARMED: Final = "telltale-edge status --json names the signals that they lack: name databases that have them"
SPEECH: Final = "sudo apt-get install espeak-ng, or write enabled = false into [cab.speech]"
CAB: Final = "Mend it, or switch it off in [cab]"

RENEW: Final = (
    "Get a new code, then sudo -u telltale telltale-edge enrol --cloud URL --code CODE, and restart the daemon"
)
SOON: Final = "Give the box a network in which it reaches the cloud, so that it renews"
NAME: Final = "See [link] broker, the network (ip address) and its DNS: the broker's name is not found"
CONNECTION: Final = "See [link] broker, the network, and that the broker runs and its port is open"
TLS: Final = "See [link] ca and certificate, and the broker's own certificate and its date"
MQTT: Final = "See name and password ([link]), and that the broker knows this vehicle"
CLOUD: Final = "See that telltale-cloud runs, and knows this vehicle"
FULL: Final = "Bring it to a network; the least important goes first"
OUTBOX: Final = "Make room on its disk, or replace the card"
