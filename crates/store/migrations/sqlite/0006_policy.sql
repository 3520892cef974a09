-- Policy: rules of tenants, caps, reserved recipients, flags.
DROP TABLE IF EXISTS placeholder;
