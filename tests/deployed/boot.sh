# Boot this system's own files, with what is written kept in memory, as a machine of its own under systemd.
# $1 an empty folder, $2 the clone, $3 the guide's commands that need the network, $4 a name.
set -eu
for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    mkdir "$hierarchy/$4"
    echo $$ > "$hierarchy/$4/cgroup.procs"
done
# What systemd-nspawn notes for itself.
mkdir -p /run/systemd
mount -t tmpfs none /run/systemd
mount -t tmpfs none "$1"
cd "$1"
mkdir written work system
mount -t overlay none -o lowerdir=/,upperdir=written,workdir=work system
release=system$(sed -n 's/^    sudo git clone [^ ]* //p' "$2/docs/deployment.md" | head -n 1)
mkdir -p "$release"
tar --create --directory "$2" --exclude ./.git --exclude ./.venv --exclude ./var . | tar --extract --no-same-owner --directory "$release"
settings=$(env | sed -n 's/^PIP_/--setenv=&/p')
in_there="systemd-nspawn --quiet --directory=system --register=no --keep-unit --machine=$4 --console=pipe --link-journal=no"
# shellcheck disable=SC2086 - several options
$in_there $settings --resolv-conf=replace-host bash -ec "$3" < /dev/null
exec $in_there --private-network --boot systemd.unit=basic.target < /dev/null
