using FunctionsGateway;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
builder.Services.AddFunctionsGateway(builder.Configuration);
builder.Build().Run();
