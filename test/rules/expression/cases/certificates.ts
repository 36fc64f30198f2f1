/** Two certificates made for these tests, in DER as base64. Their private keys are gone. */

/**
 * Version 3, RSA key, issued by DC=com, DC=contoso, CN=Contoso Root with ECDSA; valid from 2024-01-02T03:04:05Z to
 * 2099-01-01; subject alternative names of four kinds; critical basic constraints and key usage.
 */
export const anaCertificate = {
  base64:
    'MIIC+zCCAqGgAwIBAgIFAKGyw9QwCgYIKoZIzj0EAwIwRTETMBEGCgmSJomT8ixkARkWA2NvbTEXMBUGCgmSJomT8ixkARkWB2NvbnRvc28x' +
    'FTATBgNVBAMMDENvbnRvc28gUm9vdDAgFw0yNDAxMDIwMzA0MDVaGA8yMDk5MDEwMTAwMDAwMFowfzELMAkGA1UEBhMCREUxEDAOBgNVBAgM' +
    'B0JhdmFyaWExFjAUBgNVBAoMDUNvbnRvc28sIEx0ZC4xDzANBgNVBAsMBlBlb3BsZTEVMBMGA1UEAwwMQW5hIFRydWppbGxvMR4wHAYJKoZI' +
    'hvcNAQkBFg9hbmFAY29udG9zby5jb20wgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAOK5iB1fPIH10NnxSO6pkHmgCEf058iKnec4gB2T' +
    'XdtCiIPWx/hlv8zmM5PvVYL0Pajtihlb//DCJAfApvSKmi52fFDkU6tz8PT42sEy2b3AnOVwpMVDFDt8rA7XLDWkdepe+PoVXKotRahEma2W' +
    '7an4IyjeSk7qsIAA4GNqmgaLAgMBAAGjgfowgfcwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwawYDVR0RBGQwYoERYW5hLnRAY29u' +
    'dG9zby5jb22CD2FuYS5jb250b3NvLmNvbYYXaHR0cHM6Ly9jb250b3NvLmNvbS9hbmGgIwYKKwYBBAGCNxQCA6AVDBNhbmFAdXBuLmNvbnRv' +
    'c28uY29tMGoGA1UdIwRjMGGhSaRHMEUxEzARBgoJkiaJk/IsZAEZFgNjb20xFzAVBgoJkiaJk/IsZAEZFgdjb250b3NvMRUwEwYDVQQDDAxD' +
    'b250b3NvIFJvb3SCFGEaJ1bfD+JFIVmZqy4ZNAhSewKpMAoGCCqGSM49BAMCA0gAMEUCIHtVud/9ARraxuvL1N216A5Asi+mTm+ns8cKUgaD' +
    'C8deAiEA4+UR3mV2phaJAv22jtRfVHAe14Gt7bkWnyijxird7Jk=',
};

/** Version 1, EC key, O=Only Org, issued by itself, valid in 2010 only. */
export const expiredCertificate = {
  base64:
    'MIIBEDCBuAIFAKGyw9UwCgYIKoZIzj0EAwIwEzERMA8GA1UECgwIT25seSBPcmcwHhcNMTAwMTAxMDAwMDAwWhcNMTEwMTAxMDAwMDAwWjAT' +
    'MREwDwYDVQQKDAhPbmx5IE9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKA87NV0H/xcXLIIXasozVmF7e434u5GkXlcnlAhkIDv2QcK' +
    'lkrI/x5xC+BAO6lycsRr8vh8oN/GwNqrcNP+kScwCgYIKoZIzj0EAwIDRwAwRAIgDvi3Xh5zua2Erlj/na76vncPmar2ykW7NjL0WnjcGZkC' +
    'IDs/0dmJkeilSh41bJJnLuuRgijRc1zCZYmrTOxtX0bQ',
};
