"""A configuration for a box that is enrolled: who it is and where its broker is need not be written down."""

from edge.config import Config
from edge.config_parts import Vehicle
from edge.enrolment.identity import FILE, Identity
from edge.errors import ConfigError


def with_identity(config: Config) -> Config:
    """The configuration with what the identity in its state folder says, where it says nothing itself.

    Raises:
        ConfigError: the identity is damaged, or the configuration says that this is another vehicle.
    """
    folder = config.state.directory
    identity = Identity.read(folder)
    if identity is None:
        return config
    result = config.model_copy(deep=True)
    link, named = result.link, (config.vehicle.fleet, config.vehicle.id)
    link.broker = link.broker or identity.broker
    if not link.broker.startswith("mqtts:"):
        return config  # in the clear nobody asks who this is
    if config.vehicle != Vehicle() and named != (identity.fleet, identity.vehicle):
        raise ConfigError(
            f"says {'/'.join(named)}, and this box is {identity.fleet}/{identity.vehicle}",
            file=folder / FILE,
            place="vehicle",
            remedy="Leave fleet and id out of the configuration; the certificate says who this is",
        )
    result.vehicle.fleet, result.vehicle.id = identity.fleet, identity.vehicle
    if link.certificate is None:
        link.certificate = folder / FILE
        link.ca = link.ca or folder / FILE
    return result
